import type { DurableClient } from 'durable-functions';
import type { ActivityContract, StoppedOutput } from '../../shared/durable.ts';
import type { Services } from '../../shared/services.ts';
import type { StopReason } from '../../shared/setup/fence.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { activities } from '../contract.ts';

/** One run of an activity. */
export interface ActivityRun {
  /** Starts, ends and asks orchestrations; only activities that are declared so get it. */
  readonly getClient: () => DurableClient;
  /** The head row of the setup: as the fence read it, if there is one. @throws {Error} if the setup is gone */
  readonly head: () => Promise<SetupRecord>;
  /** Asks the fence again, unless it was asked a moment ago: who works for longer does so before each part. */
  readonly stopped: () => Promise<StopReason | undefined>;
}

/**
 * Does the work of an activity, or says that it must not. May run more than once with the same input; throws only what is
 * worth a retry.
 */
export type Implementation<Name extends keyof typeof activities> =
  (typeof activities)[Name] extends ActivityContract<infer Input, infer Output>
    ? (input: Input, services: Services, run: ActivityRun) => Promise<Output | StoppedOutput>
    : never;
