/** What follows at once when the end of an attempt or of a setup is asked for; a timer does it where this fails. */
import { getClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import { startCleanup } from '../../shared/setup/start.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { raiseCanceled } from '../../shared/waits/look.ts';
import { isCancelable } from '../../shared/waits/wait.ts';
import type { TenantCall } from '../http/adapter.ts';

/** Ends the wait that is open, so that the orchestration hears of the cancellation. */
export async function endWait({ context, services }: TenantCall, setup: SetupRecord): Promise<void> {
  try {
    const wait = await services.waits.get(setup);
    if (wait !== undefined && isCancelable(wait)) await raiseCanceled(services, getClient(context), wait);
  } catch (error) {
    context.warn(`Setup ${setup.setupId} is canceled, which its orchestration hears of later:`, messageOf(error));
  }
}

/** Gives a setup that is to be removed to a cleanup orchestration. */
export async function beginRemoval({ context, services }: TenantCall, setup: SetupRecord): Promise<void> {
  try {
    const cleanup = (setup.cleanup ?? 0) + 1;
    const given = await services.store.beginCleanup(setup, cleanup);
    if (given === undefined) return;
    await startCleanup(getClient(context), { ...given, cleanup }, 'The setup is deleted.');
  } catch (error) {
    context.warn(`Setup ${setup.setupId} is to be deleted, which begins later:`, messageOf(error));
  }
}
