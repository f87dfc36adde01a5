/** What a run of the timer costs, and what setups do to each other in it. */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startRecorder } from '../../support/api/http-services.ts';
import type { StartRecorder } from '../../support/api/http-services.ts';
import { passADay, RUN_EVERY_MS } from '../../support/setup/active-day.ts';
import { settleAll } from '../../support/setup/settle-all.ts';
import { firstAttempt as attempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const RUNS = 4;
const ids = Array.from({ length: 40 }, (_, index) => `setup-${String(index).padStart(2, '0')}`);

let setups: SetupTable;
let durable: StartRecorder;
/** Requests to Table Storage. */
let requests: number;
/** What Service Bus does with an event. */
let send: () => Promise<void>;

beforeEach(async () => {
  const gate = <Answer>(_step: string, answer: () => Answer) => {
    requests += 1;
    return Promise.resolve(answer());
  };
  setups = newSetupTable(new TablesInMemory({ gate }));
  requests = 0;
  send = () => Promise.resolve();
  durable = await startRecorder();
  onTestFinished(() => durable.stop());
});

const settle = () => settleAll(setups, durable.url, () => send());
const startsOf = () => durable.starts.map(({ path }) => path.slice(1));

test('10,000 setups that need nothing cost each run 100 requests at most', async () => {
  await passADay(setups, durable, RUNS);
  const costs = [];
  for (let run = 0; run < RUNS; run += 1) {
    [requests, durable.questions.length] = [0, 0];
    await settle();
    costs.push(requests + durable.questions.length);
    setups.passSeconds(RUN_EVERY_MS / 1000);
  }
  expect(Math.max(...costs), costs.join()).toBeLessThanOrEqual(100);
  // Some are due in every run: nobody is left alone for ever.
  expect(Math.min(...costs)).toBeGreaterThan(50);
});

describe('events that the bus does not take', () => {
  const pendingIds = async () => {
    const pending = await Promise.all(
      ids.map((setupId) => setups.store.pendingEvents({ tenantId: newSetup.tenantId, setupId })),
    );
    return ids.filter((_id, index) => pending[index]?.length !== 0);
  };

  test('cost ten minutes of silence a few tries a run, and are all published by the first run after it', async () => {
    for (const setupId of ids) {
      const setup = { ...attempt, setupId };
      await setups.store.create({ ...newSetup, setupId }, audit);
      await setups.store.record(setup, milestone('failed'));
    }
    let tries = 0;
    send = () => {
      tries += 1;
      return Promise.reject(new Error('the bus is silent'));
    };
    requests = 0;
    for (let run = 0; run < 20; run += 1) {
      setups.passSeconds(30);
      await expect(settle()).rejects.toThrow('the bus is silent');
    }
    expect(tries).toBe(20);
    // Each run reads the book and those that would be tried at the same time; the looks grow rarer all the while.
    expect(requests).toBeLessThan(20 * (3 + 2 * 16) + 5 * 2 * ids.length);
    expect(await pendingIds()).toEqual(ids);
    send = () => Promise.resolve();
    setups.passSeconds(30);
    await settle();
    expect(await pendingIds()).toEqual([]);
    expect(await setups.active.untold()).toEqual([]);
    setups.passSeconds(600);
    await settle();
    expect(await setups.noted()).toEqual([]);
  });
});

describe('one setup keeps no other one waiting', () => {
  beforeEach(async () => {
    for (const setupId of ids) await setups.store.create({ ...newSetup, setupId }, audit);
    setups.passSeconds(31);
  });

  test('when the bus does not take its events', async () => {
    let sent = 0;
    send = () => {
      sent += 1;
      setups.passSeconds(60);
      return Promise.reject(new Error('the bus is silent'));
    };
    await expect(settle()).rejects.toThrow('the bus is silent');
    expect(sent).toBeGreaterThan(0);
    expect(startsOf()).toHaveLength(ids.length);
  });

  test('when its row cannot be read', async () => {
    const row = { partitionKey: `${newSetup.tenantId}|setup-00`, rowKey: 'head', state: 'Bewildered' };
    await setups.table.updateEntity(row, 'Merge');
    await expect(settle()).rejects.toThrow('setup-00');
    expect(startsOf()).toHaveLength(ids.length - 1);
  });

  test('when there is no time for all: the next run begins with those that this one did not come to', async () => {
    await durable.stop();
    durable = await startRecorder(() => setups.passSeconds(30));
    await settle();
    const before = startsOf();
    expect(before.length).toBeLessThan(ids.length);
    const [first] = await setups.noted();
    expect(first?.setupId).toBe(ids.find((id) => !before.some((path) => path.includes(id))));
    while (startsOf().length < ids.length) await settle();
    expect(new Set(startsOf()).size).toBe(ids.length);
  });
});
