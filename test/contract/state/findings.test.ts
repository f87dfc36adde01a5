import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { noClient } from '../../support/no-client.ts';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { EventPublisher } from '../../../shared/setup/publisher.ts';
import { setupFailure } from '../../../shared/setup/failure.ts';
import type { Services } from '../../../shared/services.ts';
import type { Milestone } from '../../../shared/setup/states.ts';
import { WaitBook } from '../../../shared/waits/wait-book.ts';
import { firstAttempt as attempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { course, milestone } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

let tables: Tables;
let setups: SetupTable;
let findings: SetupTable['findings'];

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(() => {
  setups = newSetupTable(tables);
  ({ findings } = setups);
});

const many = Array.from({ length: 250 }, (_, index) => ({ id: index, text: `Größe ${index}` }));

describe('findings', () => {
  test('come back in their order, also more than one transaction takes', async () => {
    await findings.put(attempt, { company: many });
    expect(await findings.of(attempt, 'company')).toEqual(many);
  });

  test('are replaced when they are put again', async () => {
    await findings.put(attempt, { check: [{ id: 'A-1', status: 'failed' }] });
    await findings.put(attempt, { check: [{ id: 'A-1', status: 'passed' }] });
    expect(await findings.of(attempt, 'check')).toEqual([{ id: 'A-1', status: 'passed' }]);
  });

  test('that are fewer when they are put again leave nothing behind', async () => {
    await findings.put(attempt, { company: many });
    await findings.put(attempt, { company: many.slice(0, 3) });
    expect(await findings.of(attempt, 'company')).toEqual(many.slice(0, 3));
    await findings.put(attempt, { company: [] });
    expect(await findings.of(attempt, 'company')).toEqual([]);
  });

  test('of another kind, attempt or setup are apart', async () => {
    await findings.put(attempt, { check: [{ id: 'A-1' }] });
    expect(await findings.of(attempt, 'extension')).toEqual([]);
    expect(await findings.of({ ...attempt, attempt: 2 }, 'check')).toEqual([]);
    expect(await findings.of({ ...attempt, setupId: 'first-setup-2' }, 'check')).toEqual([]);
  });
});

describe('an attempt that took a phase over', () => {
  test('reads the findings of the attempt that made them, also over many attempts', async () => {
    await findings.put(attempt, { company: [{ name: 'CRONUS' }] });
    await findings.put(attempt, { check: [{ id: 'A-1' }] });
    const failed = await setups.createAt([...course.slice(0, 5), milestone('failed')]);
    await setups.replay(failed, 'Inventory');
    const second = { ...attempt, attempt: 2 };
    await setups.store.record(second, milestone('inventoryCompleted'));
    await findings.put(second, { extension: [{ name: 'Base Application' }] });
    await setups.store.record(second, milestone('failed'));
    await setups.replay(await setups.store.require(attempt), 'TablePlan');

    const third = { ...attempt, attempt: 3 };
    expect(await findings.of(third, 'company')).toEqual([{ name: 'CRONUS' }]);
    expect(await findings.of(third, 'check')).toEqual([{ id: 'A-1' }]);
    expect(await findings.of(third, 'extension')).toEqual([{ name: 'Base Application' }]);
  });

  test('reads its own once it has run the phase itself', async () => {
    await findings.put(attempt, { check: [{ id: 'A-1' }] });
    const failed = await setups.createAt([...course.slice(0, 5), milestone('failed')]);
    await setups.replay(failed, 'Inventory');
    const second = { ...attempt, attempt: 2 };
    await setups.store.moveBack(second, 'Assessment');
    await findings.put(second, { check: [{ id: 'A-2' }] });
    await setups.store.record(second, milestone('checksCompleted'));
    expect(await findings.of(second, 'check')).toEqual([{ id: 'A-2' }]);
  });

  test('has none of a phase that it did not take over', async () => {
    await findings.put(attempt, { extension: [{ name: 'Base Application' }] });
    const failed = await setups.createAt([...course.slice(0, 6), milestone('failed')]);
    await setups.replay(failed, 'Assessment');
    expect(await findings.of({ ...attempt, attempt: 2 }, 'extension')).toEqual([]);
  });
});

describe('a cause that is longer than a row takes', () => {
  const detail = 'Operation on target SourceProbe failed: ü🚚 '.repeat(1000).slice(0, 40_000);
  const failed: Milestone = {
    name: 'failed',
    data: { failure: setupFailure('StepFailed', detail), removed: [], left: [] },
  };

  test('is stored clipped in the setup and its event, and whole as findings', async () => {
    await setups.createAt([milestone('factorySelected')]);
    const silent = { sendMessages: () => Promise.resolve() };
    const publisher = new EventPublisher(silent, setups.store, setups.active, setups.clock);
    const waits = new WaitBook(tables.table(), setups.clock);
    const services = { store: setups.store, findings, publisher, waits } as Partial<Services> as Services;
    const answer = await runActivity(
      'recordMilestone',
      { ...attempt, key: 'k', milestone: failed, detail },
      services,
      noClient,
    );
    expect(answer).toEqual({ published: true });

    const setup = await setups.store.require(attempt);
    expect(setup.failure?.cause).toMatch(/ … \(40000 characters\)$/);
    const event = (await setups.rows('event-')).at(-1)?.['event'];
    expect(JSON.parse(String(event))).toMatchObject({ data: { failure: setup.failure } });
    const chunks = (await findings.of(attempt, 'cause')) as { text: string }[];
    expect(chunks.map(({ text }) => text).join('')).toBe(detail);
  });
});
