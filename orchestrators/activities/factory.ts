import { clipList } from '../../shared/clip.ts';
import { messageOf } from '../../shared/error-message.ts';
import { isCountDue, quotaNames, quotasOf } from '../../shared/factory/quotas.ts';
import type { KnownFactory } from '../../shared/factory/placement.ts';
import { isThrottled } from '../../shared/requests/rest-errors.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import { isBefore } from '../../shared/setup/states.ts';
import type { SetupStore } from '../../shared/setup/store.ts';
import { measure } from '../../shared/telemetry/metrics.ts';
import { chooseFactory } from './factory-choice.ts';
import { countFactory } from './factory-inquiry.ts';
import type { Implementation } from './implementation.ts';
import { publish, reach } from './setup-record.ts';

export const selectFactory: Implementation<'selectFactory'> = async (input, services, { head }) => {
  const { known, runtime, ...subject } = input;
  const setup = await head();
  const before = await chosenBefore(subject, setup, services.store);
  if (before !== undefined) {
    await publish(subject, services.publisher);
    return { factory: before };
  }
  const { region } = setup.destination;
  const chosen = await chooseFactory(subject, { known, runtime, region }, services);
  if ('stopped' in chosen) return chosen;
  if (chosen.factory === undefined) {
    measure('placementRefusals', 1, {});
    return chosen;
  }
  const { factory, candidates } = chosen;
  const reached = await reach(subject, { name: 'factorySelected', data: { factory, candidates } }, services, setup);
  if ('stopped' in reached) return reached;
  // Everybody goes by what is recorded.
  if (reached.factory !== factory.name) throw new Error(`Another call has chosen ${reached.factory ?? ''} meanwhile`);
  return { factory };
};

/** A late repetition must not choose again: the place may have been given back since. */
async function chosenBefore(attempt: AttemptId, { factory, from }: SetupRecord, store: SetupStore) {
  if (factory === undefined || isBefore('FactorySelection', from)) return undefined;
  return dataOf(await store.milestonesOf(attempt), 'factorySelected')?.factory;
}

export const releaseFactory: Implementation<'releaseFactory'> = async ({ entities, ...subject }, { book }) => {
  await book.release(subject, entities);
  return null;
};

export const correctEntities: Implementation<'correctEntities'> = async ({ factories }, { book, entityMetrics }) => {
  const { readings, problems } = await entityMetrics.read(factories);
  return { corrected: await book.correct(readings), problems: clipList(problems) };
};

export const measureFactory: Implementation<'measureFactory'> = async ({ factory }, services) => {
  const known = await services.book.get(factory);
  const answer = await countFactory(known, isCountDue(known, services.clock.now()), services);
  if ('counted' in answer) {
    measureFill(answer.counted);
    try {
      await services.quotas.announce(answer.counted);
    } catch (error) {
      // It is told after the next count; a bus that is out is no reason to count again.
      return { measured: true, reason: messageOf(error) };
    }
    return { measured: true };
  }
  if (isThrottled(answer.error)) throw answer.error;
  return { measured: false, reason: messageOf(answer.error) };
};

function measureFill(known: KnownFactory): void {
  const quotas = quotasOf(known);
  for (const quota of quotaNames) {
    const { used, limit } = quotas[quota];
    measure('factoryFill', used / limit, { factory: known.factory.name, quota });
  }
}
