import type { Services } from '../../shared/services.ts';
import { ask } from '../../shared/waits/look.ts';
import { standingOf } from '../../shared/waits/wait.ts';
import type { Wait, WaitAnswer } from '../../shared/waits/wait.ts';
import type { Implementation } from './implementation.ts';

export const openWait: Implementation<'openWait'> = async (
  { key: _key, cleanup: _cleanup, run: _run, ...wanted },
  services,
) => {
  const { waits, store } = services;
  const wait = await waits.open(wanted);
  // If it is not open, this call comes late: the setup waits for something else by now.
  if (wait === undefined) return {};
  if (wait.answer !== undefined) return { answer: wait.answer };
  // A cancellation is written down before it looks for a wait, so that one of the two sees the other.
  const isCanceled = standingOf(wait, await store.require(wanted)) === 'canceled';
  const answer = isCanceled ? ({ kind: 'canceled' } as const) : await askAtOnce(services.factories, wait);
  if (answer === undefined) return {};
  // Another call of this activity may have said that there is no answer: with the answer in the row it is told.
  const settled = await waits.settle(wait, answer);
  return { answer: settled?.answer ?? answer };
};

export const closeWait: Implementation<'closeWait'> = async (wait, { waits }) => {
  await waits.close(wait);
  return null;
};

/** A runtime that is online needs no wait; a run that has just started has not ended. */
async function askAtOnce(factories: Services['factories'], { target }: Wait): Promise<WaitAnswer | undefined> {
  if (target.kind === 'run') return undefined;
  try {
    return await ask(factories, target);
  } catch {
    // A question that fails counts as no answer: the timer asks again.
    return undefined;
  }
}
