/** What must hold when all is at rest, read from what is stored and from what was made outside. */
import { setupKey } from '../../../shared/setup/key.ts';
import { headFromRow } from '../../../shared/setup/head.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { milestonesFromRow } from '../../../shared/setup/milestone-data.ts';
import type { MilestoneRecord } from '../../../shared/setup/milestone-data.ts';
import { attemptRowKey } from '../../../shared/setup/rows.ts';
import { tenantId } from '../api/token-issuer.ts';
import { documentOf } from '../tables-in-memory/entity.ts';
import type { StoredRow } from '../tables-in-memory/entity.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

const resting = new Set(['Ready', 'Failed', 'Canceled', 'Deleted']);
/** The milestone that leads to a resting state. */
const ends: Readonly<Record<string, readonly string[]>> = {
  Ready: ['ready'],
  Failed: ['failed', 'deletionFailed'],
  Canceled: ['canceled'],
  Deleted: ['deleted'],
};

/** One setup with its rows. */
interface Kept {
  readonly head: SetupRecord;
  readonly rows: readonly StoredRow[];
}

/** @returns what does not hold, in words */
export function violationsOf(world: World, scenario: Scenario): string[] {
  const setups = keptSetups(world);
  return [
    ...setups.flatMap((kept) => [...stateOf(kept), ...eventsOf(kept, world), ...auditOf(kept), ...madeBy(kept, world)]),
    ...environmentOf(setups, world),
    ...secretsOf(setups, world, scenario),
    ...bookkeepingOf(setups, world),
  ];
}

function keptSetups({ tables }: World): Kept[] {
  // Beside the setups the table says whose keys there are.
  const rowsOfSetups = tables.rows('setups').filter(({ partitionKey }) => !partitionKey.startsWith('key|'));
  const byPartition = Map.groupBy(rowsOfSetups, ({ partitionKey }) => partitionKey);
  return [...byPartition.values()].map((rows) => {
    const head = rows.find(({ rowKey }) => rowKey === 'head');
    if (head === undefined) throw new Error('There are rows of a setup without its head row');
    const { columns, etag } = head;
    return { head: headFromRow({ ...columns, etag }), rows };
  });
}

function* stateOf({ head, rows }: Kept): Generator<string> {
  const { setupId, state, attempt } = head;
  if (!resting.has(state)) yield `${setupId} does not come to rest: ${state}`;
  if (head.deletion?.begun === false) yield `${setupId} was to be deleted and is ${state}`;
  const reached = milestonesOf(rows, attempt);
  const wanted = ends[state] ?? [];
  if (!reached.some(({ name }) => wanted.includes(name))) yield `${setupId} is ${state} without its milestone`;
  for (let number = 1; number <= attempt; number += 1) {
    const names = milestonesOf(rows, number).map(({ name }) => name);
    if (!names.includes('accepted')) yield `attempt ${number} of ${setupId} was never accepted`;
    const ended = names.filter((name) => ['ready', 'failed', 'canceled'].includes(name));
    if (ended.length !== 1) yield `attempt ${number} of ${setupId} ended as ${ended.join(' and ') || 'nothing'}`;
  }
}

function milestonesOf(rows: readonly StoredRow[], attempt: number): readonly MilestoneRecord[] {
  const row = rows.find(({ rowKey }) => rowKey === attemptRowKey(attempt));
  return row === undefined ? [] : milestonesFromRow(attempt, row.columns);
}

function* eventsOf({ head, rows }: Kept, { sent }: World): Generator<string> {
  const { setupId, sequence } = head;
  const events = rows.filter(({ rowKey }) => rowKey.startsWith('event-'));
  const numbers = events.map(({ rowKey }) => Number(rowKey.slice('event-'.length)));
  if (numbers.length !== sequence || numbers.some((number, index) => number !== index + 1)) {
    yield `${setupId} has events ${numbers.join(', ')}, and counted ${sequence}`;
  }
  const stored = events.map(({ columns }) => (JSON.parse(String(columns['event'])) as { id: string }).id);
  if (new Set(stored).size !== stored.length) yield `${setupId} has two events of one id`;
  const ids = sent.filter(({ setup }) => setup === `${tenantId}.${setupId}`).map(({ id }) => id);
  const first = [...new Set(ids)];
  if (first.join() !== stored.join()) yield `${setupId} sent ${first.join(', ')} of ${stored.join(', ')}`;
}

function* auditOf({ head, rows }: Kept): Generator<string> {
  const entries = rows
    .filter(({ rowKey }) => rowKey.startsWith('!audit-'))
    .map(({ columns }) => String(columns['action']));
  const count = (...actions: string[]) => entries.filter((action) => actions.includes(action)).length;
  const attempts = Array.from({ length: head.attempt }, (_, index) => index + 1);
  const milestones = attempts.flatMap((attempt) => milestonesOf(rows, attempt).map(({ name }) => name));
  const began = milestones.filter((name) => name === 'accepted').length;
  if (count('putSetup', 'replaySetup', 'replayMany') !== began)
    yield `${head.setupId} began ${began} times: ${entries.join(', ')}`;
  const asked = milestones.filter((name) => name === 'cancelRequested').length;
  if (count('cancelSetup', 'deleteSetup') < asked)
    yield `${head.setupId} was canceled ${asked} times: ${entries.join(', ')}`;
  const deleted = milestones.filter((name) => name === 'deleteRequested').length;
  if (count('deleteSetup', 'beginDelete') < deleted)
    yield `${head.setupId} was deleted ${deleted} times: ${entries.join(', ')}`;
}

/** What is in the factory, and the mark in the environment. */
function* madeBy({ head }: Kept, { factories, tables, database }: World): Generator<string> {
  const { setupId, state, key } = head;
  const entities = factories.names(`mig_${key}_`);
  if (state !== 'Ready' && entities.length > 0) yield `${setupId} is ${state} and has ${entities.join(', ')}`;
  if (state === 'Ready' && entities.length === 0) yield `${setupId} is Ready without its entities`;
  const runtimes = factories.names(`shir-${key}`);
  if (state === 'Deleted' && runtimes.length > 0) yield `${setupId} is Deleted and has ${runtimes.join(', ')}`;
  const users = tables.rows('runtimes').filter(({ columns }) => String(columns['users']).includes(`"${setupId}"`));
  if (state === 'Deleted' && users.length > 0) yield `${setupId} is Deleted and uses a runtime`;
  if (state === 'Ready' && database.mark === undefined) yield `${setupId} is Ready without its mark`;
}

function* environmentOf(setups: readonly Kept[], { tables, database }: World): Generator<string> {
  const ready = setups.filter(({ head }) => head.state === 'Ready').map(({ head }) => head);
  if (ready.length > 1) yield 'two setups are Ready for one environment';
  const row = tables.rows('environments').find(({ rowKey }) => !rowKey.startsWith('!'));
  const { claimSetup, claimAttempt } = documentOf(row ?? missing()) as { claimSetup?: string; claimAttempt?: number };
  const [winner] = ready;
  if (winner !== undefined && (claimSetup !== winner.setupId || claimAttempt !== winner.attempt)) {
    yield `${winner.setupId} is Ready, and ${claimSetup ?? 'nobody'} has the environment`;
  }
  if (winner === undefined && database.mark !== undefined) yield 'the environment is marked, and nobody is Ready';
  const holder = setups.find(({ head }) => head.setupId === claimSetup);
  // A claim without its attempt lapses, and one of an attempt that rests is taken over; but its attempt gives it back.
  if (holder !== undefined && holder.head.state !== 'Ready' && holder.head.attempt === claimAttempt) {
    yield `${holder.head.setupId} is ${holder.head.state} and has the environment`;
  }
}

/** What a head row names is there, and nothing else, but what a request left that was killed. */
function* secretsOf(setups: readonly Kept[], { vault }: World, { killed }: Scenario): Generator<string> {
  const named = setups.filter(({ head }) => head.state !== 'Deleted').map(({ head }) => head.secretName);
  for (const name of named) if (!vault.secrets.has(name)) yield `the password ${name} is gone`;
  const lost = [...vault.secrets.keys()].filter((name) => !named.includes(name));
  if (lost.length > 0 && killed === undefined) yield `nobody names ${lost.join(', ')}`;
}

function* bookkeepingOf(setups: readonly Kept[], { tables, services }: World): Generator<string> {
  const places = tables.rows('factories');
  const ofSetups = places.filter(({ rowKey, columns }) => rowKey.startsWith('setup-') && 'factory' in columns);
  const held = ofSetups.map(({ rowKey }) => rowKey);
  if (held.length > 0) yield `places are held: ${held.join(', ')}`;
  const counted = places.filter(
    ({ rowKey, columns }) => rowKey.startsWith('factory-') && columns['reservations'] !== 0,
  );
  if (counted.length > 0) yield `a factory counts ${String(counted[0]?.columns['reservations'])} places`;
  const waits = tables.rows('waits').map(({ rowKey }) => rowKey);
  if (waits.length > 0) yield `waits are open: ${waits.join(', ')}`;
  const active = tables.rows('activesetups');
  if (active.length > 0) yield `still looked after: ${active.map(({ rowKey }) => rowKey).join(', ')}`;
  const strangers = setups.filter(({ head }) => head.key !== setupKey(services.settings.MIGRATION_EVENT_SOURCE, head));
  if (strangers.length > 0) yield 'a setup has the key of another';
}

function missing(): never {
  throw new Error('The environment is gone');
}
