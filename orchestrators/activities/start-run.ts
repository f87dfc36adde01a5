import { isThrottled } from '../../shared/requests/rest-errors.ts';
import type { Services } from '../../shared/services.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { AttemptId, Factory } from '../../shared/setup/setup.ts';
import type { NewWait, WaitAnswer } from '../../shared/waits/wait.ts';
import { openWait } from './waits.ts';

/** A run of a pipeline that is started once for an operation. */
interface WantedRun {
  readonly factory: Factory;
  readonly pipeline: string;
  readonly operationId: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** By then a factory shows a run that it has started. */
const SHOWN_AFTER_MS = 60_000;

/**
 * Starts a run, or finds the one that an earlier call started.
 * @returns the run's id
 * @throws {Error} while an earlier call may have started a run that does not show yet
 */
export async function startRun(
  { factories, runIntents, clock }: Services,
  attempt: AttemptId,
  { factory, pipeline, operationId, parameters }: WantedRun,
): Promise<string> {
  const { isFirst, intent } = await runIntents.begin(attempt, operationId);
  if (!isFirst) {
    const running = await factories.findRun(factory, pipeline, operationId);
    if (running !== undefined) return running;
    const isOld = clock.now().getTime() - Date.parse(intent.at) >= SHOWN_AFTER_MS;
    // Of several that find it old, one goes on.
    if (!isOld || !(await runIntents.renew(attempt, operationId, intent))) {
      throw new Error(`A run of ${pipeline} may have been started that ${factory.name} does not show yet`);
    }
  }
  try {
    return await factories.createRun(factory, pipeline, { ...parameters, operationId });
  } catch (error) {
    // What is refused so is not started: the next try need not look for it.
    if (isFirst && isThrottled(error)) await runIntents.withdraw(attempt, operationId, intent);
    throw error;
  }
}

/**
 * Starts a run as `startRun` does, and opens the wait for its end.
 * @param setup whose attempt waits, as it was read
 * @returns the run's id, with the answer if it is there already
 */
export async function awaitRun(
  services: Services,
  setup: SetupRecord,
  wanted: WantedRun,
  waiting: Pick<NewWait, 'eventName' | 'instanceId'>,
): Promise<{ readonly runId: string; readonly answer?: WaitAnswer }> {
  const { factory, pipeline } = wanted;
  const runId = await startRun(services, setup, wanted);
  const target = { kind: 'run', factory, pipeline, runId } as const;
  // A run that has just started has not ended.
  const opened = await openWait(services, setup, { ...waiting, target }, false);
  return { runId, ...opened };
}
