import { getClient } from 'durable-functions';
import type { SetupKey } from '../../shared/setup/rows.ts';
import { lookNow } from '../../shared/waits/look.ts';
import type { Look } from '../../shared/waits/look.ts';
import type { KnownCall } from '../http/adapter.ts';

/**
 * Looks at once at what a setup waits for, because its caller has a reason to expect something. What does not answer is
 * in the log only: the timer goes on looking.
 * @returns undefined if the setup waits for nothing
 */
export async function nudge({ context, services }: KnownCall, setup: SetupKey): Promise<Look | undefined> {
  const look = await lookNow(services, getClient(context), setup);
  if (look?.problem !== undefined) context.warn(`Setup ${setup.setupId} was looked at without success:`, look.problem);
  return look;
}
