import type { Services } from '../../shared/services.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import { ask } from '../../shared/waits/look.ts';
import type { NewWait, WaitAnswer } from '../../shared/waits/wait.ts';

/**
 * Opens a wait of an attempt, unless its answer is there. One that is opened after its attempt was cancelled is ended by the
 * first look at it.
 * @param setup whose attempt waits, as it was read
 * @param mayBeThere whether it is worth asking at once
 * @returns the answer, if it is there already
 */
export async function openWait(
  { waits, factories }: Pick<Services, 'waits' | 'factories'>,
  { tenantId, setupId, attempt }: SetupRecord,
  wanted: Pick<NewWait, 'instanceId' | 'eventName' | 'target'>,
  mayBeThere: boolean,
): Promise<{ readonly answer?: WaitAnswer }> {
  const answer = mayBeThere ? await askAtOnce(factories, wanted) : undefined;
  if (answer !== undefined) return { answer };
  await waits.open({ tenantId, setupId, attempt, ...wanted });
  return {};
}

/** A runtime that is online needs no wait. */
async function askAtOnce(
  factories: Services['factories'],
  { target }: Pick<NewWait, 'target'>,
): Promise<WaitAnswer | undefined> {
  try {
    return await ask(factories, target);
  } catch {
    // A question that fails counts as no answer: the timer asks again.
    return undefined;
  }
}
