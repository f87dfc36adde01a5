import type { ActivityContract } from '../../shared/durable.ts';
import type { Services } from '../../shared/services.ts';
import type { activities } from '../contract.ts';

/** Does the work of an activity. May run more than once with the same input; throws only what is worth a retry. */
export type Implementation<Name extends keyof typeof activities> =
  (typeof activities)[Name] extends ActivityContract<infer Input, infer Output>
    ? (input: Input, services: Services) => Promise<Output>
    : never;
