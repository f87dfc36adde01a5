import type { DurableClient } from 'durable-functions';
import type { ActivityContract, StoppedOutput } from '../../shared/durable.ts';
import type { Services } from '../../shared/services.ts';
import type { activities } from '../contract.ts';

/** Starts, ends and asks orchestrations; only activities that are declared so get it. */
export type GetClient = () => DurableClient;

/**
 * Does the work of an activity, or says that it must not. May run more than once with the same input; throws only what is
 * worth a retry.
 */
export type Implementation<Name extends keyof typeof activities> =
  (typeof activities)[Name] extends ActivityContract<infer Input, infer Output>
    ? (input: Input, services: Services, getClient: GetClient) => Promise<Output | StoppedOutput>
    : never;
