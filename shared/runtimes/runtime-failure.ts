/** What a runtime itself tells of a failure that may come from it. Pure. */
import { setupFailure } from '../setup/failure.ts';
import type { SetupFailure } from '../setup/setup.ts';
import type { RefusedLoad, RuntimeLoad } from './runtime-load.ts';

interface FailedRuntime {
  readonly name: string;
  /** What Data Factory says of the version of its nodes. */
  readonly versionStatus: string;
  readonly load: RuntimeLoad | RefusedLoad | undefined;
}

/** Whether it was for want of a node (52071) or of time (52073): a runtime says nothing of other failures. */
export function mayComeFromRuntime({ code }: SetupFailure): boolean {
  return code === '52071' || code === '52073';
}

/**
 * The failure with its cause in the runtime, if that has one: nodes of an expired version are offline for good, and one with as
 * many jobs as it takes lets a stage wait until its time is over.
 */
export function failureOfRuntime(failure: SetupFailure, { name, versionStatus, load }: FailedRuntime): SetupFailure {
  if (failure.code === '52071' && versionStatus === 'Expired') {
    return setupFailure('RuntimeExpired', `${failure.cause} The version of ${name} has expired.`);
  }
  if (failure.code !== '52073' || load === undefined || 'refused' in load) return failure;
  const { runningJobs, jobLimit } = load;
  if (runningJobs < jobLimit) return failure;
  return setupFailure(
    'RuntimeFull',
    `${failure.cause} ${name} works on ${runningJobs} jobs of ${jobLimit}, perhaps this setup's own among them.`,
  );
}
