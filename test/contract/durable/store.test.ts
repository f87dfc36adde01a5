import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventsOf, EventType, type HistoryEvent } from '../../../local/host/durable/history.ts';
import type { Instance } from '../../../local/host/durable/instance.ts';
import { Store } from '../../../local/host/durable/store.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'durable-store-'));
  file = path.join(directory, 'history.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const now = '2026-01-01T00:00:00.000Z';

function instanceOf(id: string, status: Instance['status'] = 'Running'): Instance {
  const data = { input: null, executionInput: null, customStatus: null, output: null };
  const times = { createdTime: now, lastUpdatedTime: now };
  return {
    id,
    executionId: `of-${id}`,
    name: 'any',
    version: null,
    status,
    generation: 0,
    parent: null,
    ...data,
    ...times,
  };
}

function raised(Input: string): HistoryEvent & { EventType: typeof EventType.EventRaised } {
  return { EventType: EventType.EventRaised, EventId: -1, IsPlayed: false, Timestamp: now, Name: 'go', Input };
}

function messageTo(instanceId: string, visibleAt: number) {
  return { instanceId, executionId: null, visibleAt, event: raised(`"${visibleAt}"`) };
}

/** What a store that is opened anew holds is what the first one would go on with. */
function reopened(store: Store): Store {
  store.close();
  return new Store(file);
}

test('what was committed is there when the file is opened again', () => {
  const store = new Store(file);
  store.commit([
    {
      instances: [instanceOf('a')],
      history: { instanceId: 'a', replace: false, events: [raised('1'), raised('2')] },
      messages: [messageTo('a', 20), messageTo('a', 10)],
      activities: [{ instanceId: 'a', executionId: 'of-a', taskId: 0, name: 'echo', input: '1' }],
    },
    { history: { instanceId: 'a', replace: false, events: [raised('3')] } },
  ]);
  expectContent(store);
  const again = reopened(store);
  expectContent(again);
  again.close();
});

function expectContent(store: Store): void {
  expect(store.instance('a')).toEqual(instanceOf('a'));
  expect(eventsOf(store.turns('a'))).toEqual([raised('1'), raised('2'), raised('3')]);
  expect(store.messagesFor('a', 20).map(({ visibleAt }) => visibleAt)).toEqual([10, 20]);
  expect([store.nextDue(10), store.nextDue(20), store.instancesWithMessages(9)]).toEqual([20, undefined, []]);
  expect(store.activities().map(({ name }) => name)).toEqual(['echo']);
}

test('a transaction that fails changes nothing, in memory neither', () => {
  const store = new Store(file);
  store.commit([{ instances: [instanceOf('a')], messages: [messageTo('a', 1)] }]);
  const circular: { self?: object } = {};
  circular.self = circular;
  const broken = { ...instanceOf('b'), input: circular as unknown as string };
  const steps = [{ instances: [instanceOf('a', 'Completed' as const)], silenced: 'a' }, { instances: [broken] }];
  expect(() => store.commit(steps)).toThrow('circular');
  expect(store.instance('a')?.status).toBe('Running');
  expect(store.messagesFor('a', 1)).toHaveLength(1);
  store.close();
});

test('a step of an execution that was purged meanwhile is void', () => {
  const store = new Store(file);
  store.commit([{ instances: [instanceOf('a')] }]);
  const execution = { instanceId: 'a', executionId: 'of-a' };
  const turn = { execution, instances: [instanceOf('a')], messages: [messageTo('a', 1)] };
  store.commit([{ purged: ['a'] }, turn]);
  expect([store.instance('a'), store.messagesFor('a', 1)]).toEqual([undefined, []]);
  store.close();
});

test('purging keeps the file as large as what it holds', () => {
  const store = new Store(file);
  const events = Array.from({ length: 20 }, () => raised(JSON.stringify('x'.repeat(1_000))));
  const sizes: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const ids = Array.from({ length: 200 }, (_, index) => `${round}-${index}`);
    store.commit(
      ids.map((id) => ({ instances: [instanceOf(id)], history: { instanceId: id, replace: false, events } })),
    );
    store.commit([{ purged: ids }]);
    sizes.push(statSync(file).size + statSync(`${file}-wal`).size);
  }
  store.close();
  expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual((sizes[0] ?? 0) * 1.5);
  expect(statSync(file).size).toBeLessThan(100_000);
});

test('a file of another version of the store is refused and left alone', () => {
  const other = new DatabaseSync(file);
  other.exec("CREATE TABLE history (a TEXT); INSERT INTO history VALUES ('kept')");
  other.close();
  expect(() => new Store(file)).toThrow('was written by another version of the local host');
  const again = new DatabaseSync(file);
  expect(again.prepare('SELECT a FROM history').all()).toEqual([{ a: 'kept' }]);
  again.close();
});
