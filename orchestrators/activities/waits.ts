import type { Services } from '../../shared/services.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import { ask } from '../../shared/waits/look.ts';
import { standingOf } from '../../shared/waits/wait.ts';
import type { NewWait, Wait, WaitAnswer } from '../../shared/waits/wait.ts';

/**
 * Opens a wait of an attempt.
 * @param setup whose attempt waits, as it was read
 * @param mayBeThere whether it is worth asking at once
 * @returns the answer, if it is there already
 */
export async function openWait(
  { waits, store, factories }: Pick<Services, 'waits' | 'store' | 'factories'>,
  { tenantId, setupId, attempt }: SetupRecord,
  wanted: Pick<NewWait, 'instanceId' | 'eventName' | 'target'>,
  mayBeThere: boolean,
): Promise<{ readonly answer?: WaitAnswer }> {
  const wait = await waits.open({ tenantId, setupId, attempt, ...wanted });
  // If it is not open, this call comes late: the setup waits for something else by now.
  if (wait === undefined) return {};
  if (wait.answer !== undefined) return { answer: wait.answer };
  // A cancellation is written down before it looks for a wait, so that one of the two sees the other.
  const isCanceled = standingOf(wait, await store.require(wait)) === 'canceled';
  if (!isCanceled && !mayBeThere) return {};
  const answer = isCanceled ? ({ kind: 'canceled' } as const) : await askAtOnce(factories, wait);
  if (answer === undefined) return {};
  // Another call of this activity may have said that there is no answer: with the answer in the row it is told.
  const settled = await waits.settle(wait, answer);
  return { answer: settled?.answer ?? answer };
}

/** A runtime that is online needs no wait. */
async function askAtOnce(factories: Services['factories'], { target }: Wait): Promise<WaitAnswer | undefined> {
  try {
    return await ask(factories, target);
  } catch {
    // A question that fails counts as no answer: the timer asks again.
    return undefined;
  }
}
