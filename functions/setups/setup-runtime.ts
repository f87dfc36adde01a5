/** The self-hosted runtime of a setup. */
import type { Services } from '../../shared/services.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { ApiError } from '../http/problem.ts';

/** Reads where the runtime of a setup is. @throws {ApiError} `RuntimeNotUsed` or `RuntimeNotCreated` */
export async function findRuntime(
  { store }: Services,
  setup: SetupRecord,
): Promise<{ readonly factory: Factory; readonly runtimeName: string }> {
  if (setup.request.source.kind === 'AzureSql') {
    throw new ApiError('RuntimeNotUsed', 'An Azure SQL source is reached without a self-hosted integration runtime.');
  }
  const reached = await store.milestonesOf(setup);
  const factory = dataOf(reached, 'factorySelected')?.factory;
  const runtime = dataOf(reached, 'runtimeCreated');
  if (factory === undefined || runtime === undefined) throw runtimeNotCreated(setup);
  return { factory, runtimeName: runtime.runtimeName };
}

/** The runtime is not there yet, or somebody deleted it. */
export function runtimeNotCreated({ state, phase }: SetupRecord): ApiError {
  return new ApiError('RuntimeNotCreated', `There is no runtime while the setup is ${state} in phase ${phase}.`);
}
