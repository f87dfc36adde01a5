import type { OrchestrationContext } from 'durable-functions';
import { call } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import type { SetupFailure } from '../shared/setup/setup.ts';
import { activities } from './contract.ts';
import type { Placed } from './subjects.ts';

/**
 * A failure with what the runtime says of itself. Every failure is asked about, because what is told of it comes from texts that are read
 * anew at each replay: a later release may read them otherwise, and must schedule the same.
 * @param runtimeName none if the source needs no runtime
 */
export function* explained(
  context: OrchestrationContext,
  { factory }: Pick<Placed, 'factory'>,
  runtimeName: string | undefined,
  failure: SetupFailure,
): Steps<SetupFailure> {
  if (runtimeName === undefined) return failure;
  const answer = yield* call(context, activities.explainFailure, { factory, runtimeName, failure });
  return answer.explained;
}
