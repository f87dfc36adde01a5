/**
 * What holds of any world in which nothing is under way any more, whatever happened before: the program that every test
 * of a world ends with.
 */
import { pathOf } from '../../../functions/http/links.ts';
import type { Sample } from '../../../local/stack/databases.ts';
import { RUN_PREFIX, runFromRow } from '../../../shared/replication/run.ts';
import type { ReplicationRun } from '../../../shared/replication/run.ts';
import { isAssessment } from '../../../shared/setup/assessment.ts';
import { databaseMarkOf } from '../../../shared/setup/database-mark.ts';
import { headFromRow } from '../../../shared/setup/head.ts';
import type { SetupEvent } from '../../../shared/setup/events.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { milestonesFromRow } from '../../../shared/setup/milestone-data.ts';
import type { MilestoneRecord } from '../../../shared/setup/milestone-data.ts';
import { ATTEMPT_PREFIX, decoded } from '../../../shared/setup/rows.ts';
import { eventTypeOf, restingStates } from '../../../shared/setup/states.ts';
import type { MilestoneName } from '../../../shared/setup/states.ts';
import type { Row } from './inspection.ts';
import type { World } from './world.ts';

/** Everything of a setup in the state store. */
interface Stored {
  readonly head: SetupRecord;
  readonly milestones: readonly MilestoneRecord[];
  readonly events: readonly Row[];
  readonly runs: readonly ReplicationRun[];
  readonly audits: readonly Row[];
}

const ends = new Set<MilestoneName>(['ready', 'completed', 'failed', 'canceled']);

/** Says what does not hold; empty if all is well. Lets the timers publish and forget first. */
export async function violations(world: World): Promise<string[]> {
  await world.runTimers();
  const { inspect } = world;
  const [rows, audits] = await Promise.all([inspect.rows('setups'), inspect.rows('audit')]);
  const setups = rows.filter(({ rowKey }) => rowKey === 'head').map((row) => storedOf(headFromRow(row), rows, audits));
  const found = await Promise.all([
    ofFactories(world, setups),
    ofDatabases(world, setups),
    ofBooks(world, setups),
    ofSecrets(world, setups),
    ofCallers(world, setups),
    ofHistories(world),
  ]);
  return [...setups.flatMap((setup) => [...ofState(setup), ...ofAudit(setup)]), ...found.flat()];
}

function storedOf(head: SetupRecord, rows: readonly Row[], audits: readonly Row[]): Stored {
  const own = rows.filter(({ partitionKey }) => partitionKey === `${head.tenantId}|${head.setupId}`);
  const named = (prefix: string) => own.filter(({ rowKey }) => String(rowKey).startsWith(prefix));
  return {
    head,
    milestones: named(ATTEMPT_PREFIX).flatMap((row) => milestonesFromRow(Number(row['attempt']), row)),
    events: named('event-').map((row) => decoded(row, ['event'])),
    runs: named(RUN_PREFIX).map(runFromRow),
    audits: audits.filter(({ rowKey, setupId }) => {
      return String(rowKey).startsWith(`${head.tenantId}|`) && setupId === head.setupId;
    }),
  };
}

/** One end an attempt. Events without a gap, in the order of what was recorded, and all of them published. */
function ofState({ head, milestones, events, runs }: Stored): string[] {
  const { setupId, state, attempt, replication } = head;
  const found: string[] = [];
  if (!restingStates.includes(state)) found.push(`one end an attempt: ${setupId} is ${state} in ${head.phase}`);
  if (replication?.active !== undefined || runs.some(({ endedAt }) => endedAt === undefined))
    found.push(`one end an attempt: a replication run of ${setupId} is under way`);
  for (let number = 1; number <= attempt; number += 1) {
    const ended = milestones.filter((each) => each.attempt === number && ends.has(each.name));
    if (ended.length !== 1) found.push(`one end an attempt: attempt ${number} of ${setupId} has ${ended.length} ends`);
  }
  const numbers = events.map(({ event }) => Number((event as Row)['sequence']));
  const expected = Array.from({ length: head.sequence }, (_, index) => index + 1);
  if (numbers.join() !== expected.join())
    found.push(`events in order: events of ${setupId}: ${numbers.join()} of ${head.sequence}`);
  if (events.some(({ published }) => published !== true))
    found.push(`events in order: ${setupId} has events that were not published`);
  const announced = milestones.filter(
    ({ name, attempt: of, origin }) => of === origin && eventTypeOf(name) !== undefined && !isAssessment(head),
  );
  const told = [
    ...runs.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]).filter((at) => at !== undefined),
    // A run may begin with a plan of its own.
    ...events.filter(({ event }) => isPlanOfRun(event as SetupEvent)),
  ];
  if (announced.length + told.length !== events.length) {
    found.push(
      `events in order: ${setupId} has ${events.length} events for ${announced.length} milestones and ${told.length} of runs`,
    );
  }
  return found;
}

function isPlanOfRun({ type, data }: SetupEvent): boolean {
  return type === eventTypeOf('tablesPlanned') && data.state === 'Ready';
}

/** Who wanted each attempt, each cancellation and each removal is written down. */
function ofAudit({ head, milestones, audits, runs }: Stored): string[] {
  const wanted = (name: MilestoneName) => milestones.filter((each) => each.name === name).length;
  const noted = (...actions: string[]) => audits.filter(({ action }) => actions.includes(String(action))).length;
  const found: string[] = [];
  if (noted('putSetup', 'replaySetup') !== wanted('accepted')) found.push(`who wanted it: attempts of ${head.setupId}`);
  if (noted('createRun', 'retryRun') !== runs.length) found.push(`who wanted it: replication runs of ${head.setupId}`);
  if (noted('cancelSetup', 'deleteSetup') < wanted('cancelRequested'))
    found.push(`who wanted it: cancellations of ${head.setupId}`);
  if (noted('deleteSetup') < wanted('deleteRequested')) found.push(`who wanted it: removals of ${head.setupId}`);
  return found;
}

/**
 * A setup that is ready has one set of entities, any other none; one that failed may keep its container, and an assessment has
 * its report there. One run a stage and attempt.
 */
async function ofFactories({ inspect }: World, setups: readonly Stored[]): Promise<string[]> {
  const found: string[] = [];
  const entities = await inspect.entities();
  const runtimes = (await inspect.rows('runtimes')).map(({ name, factory }) => {
    const place = JSON.parse(String(factory)) as { readonly name: string };
    return `${place.name}/integrationRuntimes/${String(name)}`;
  });
  const wanted = setups
    .filter(({ head }) => head.state === 'Ready')
    .flatMap(({ head: { key } }) =>
      [
        ...['large', 'small', 'replicate'].map((name) => `pipelines/mig_${key}_${name}`),
        ...['source_table', 'destination_table', 'catalogue'].map((name) => `datasets/mig_${key}_${name}`),
        ...['staging', 'source', 'destination'].map((name) => `linkedServices/mig_${key}_${name}`),
        `containers/mig-${key}`,
      ].sort(),
    );
  const isRuntime = (name: string) => name.includes('/integrationRuntimes/');
  const keeping = setups.filter(({ head }) => head.state === 'Failed' || head.state === 'Completed');
  const kept = new Set(keeping.map(({ head: { key } }) => `containers/mig-${key}`));
  const there = entities
    .filter((name) => !isRuntime(name))
    .map((name) => name.slice(name.indexOf('/') + 1))
    .filter((name) => !kept.has(name));
  found.push(
    ...difference('nothing left in factories: entities', wanted, there),
    ...difference('nothing left in factories: runtimes', runtimes, entities.filter(isRuntime)),
  );
  const runs = await inspect.runs();
  // Pipelines that others run have the operation of those.
  const begun = runs.filter(({ pipeline }) => /_(?:prepare|replicate)$/.test(pipeline));
  const operations = begun.map(({ operationId }) => operationId).filter((id) => id !== '');
  const doubled = operations.filter((id, index) => operations.indexOf(id) !== index);
  if (doubled.length > 0) found.push(`one run a step: runs that were started twice: ${doubled.join()}`);
  const active = runs.filter(({ status }) => !['Succeeded', 'Failed', 'Cancelled'].includes(status));
  if (active.length > 0)
    found.push(`nothing left in factories: runs that go on: ${active.map(({ operationId }) => operationId).join()}`);
  return found;
}

/** Claims, the mark and procedures are there where a setup is ready, and nowhere else. */
async function ofDatabases(world: World, setups: readonly Stored[]): Promise<string[]> {
  const found: string[] = [];
  const procedures = { source: new Set<string>(), destination: new Set<string>() };
  for (const sample of world.samplesInUse) {
    const ready = setups.find(
      ({ head }) => head.state === 'Ready' && head.destination.database === sample.destination.database,
    );
    const mark = ready === undefined ? undefined : markOf(world, ready.head);
    for (const side of ['source', 'destination'] as const) {
      const claims = await world.inspect.mig(sample, side, 'Claim');
      const place = `${side} of ${sample.environment}`;
      found.push(
        ...difference(`marked if ready: claim of the ${place}`, mark === undefined ? [] : [mark], claims.map(marked)),
      );
      if (ready === undefined) continue;
      procedures[side].add(await proceduresOf(world, sample, side));
    }
    const marks = await world.inspect.mig(sample, 'destination', 'Environment');
    found.push(
      ...difference(
        `marked if ready: mark of ${sample.environment}`,
        mark === undefined ? [] : [mark],
        marks.map(marked),
      ),
    );
  }
  for (const [side, kinds] of Object.entries(procedures)) {
    if (kinds.size > 1) found.push(`same procedures: procedures of the ${side} differ between setups`);
  }
  return found;
}

function markOf({ eventSource }: World, head: SetupRecord): string {
  return `${databaseMarkOf(eventSource, head)} ${head.attempt}`;
}

function marked({ setupKey, attempt }: Row): string {
  return `${String(setupKey)} ${String(attempt)}`;
}

/** Every procedure of ours with what it does. */
async function proceduresOf({ inspect }: World, sample: Sample, side: 'source' | 'destination'): Promise<string> {
  const rows = await inspect.query(
    sample,
    side,
    `SELECT p.[name], m.[definition] FROM sys.procedures AS p JOIN sys.sql_modules AS m ON m.[object_id] = p.[object_id]
     WHERE p.[schema_id] = SCHEMA_ID(N'mig')`,
  );
  return rows
    .map((row) => JSON.stringify(row))
    .sort()
    .join();
}

/** No place is held, no wait open, nothing active; an environment is claimed by the setup that is ready. */
async function ofBooks({ inspect }: World, setups: readonly Stored[]): Promise<string[]> {
  const found: string[] = [];
  for (const row of await inspect.rows('factories')) {
    if (String(row['rowKey']).startsWith('factory-') && row['reservations'] !== 0)
      found.push(`books agree: ${String(row['reservations'])} places are held`);
    if (String(row['rowKey']).startsWith('setup-') && row['factory'] !== undefined)
      found.push(`books agree: the place ${String(row['rowKey'])} is held`);
  }
  for (const { rowKey } of await inspect.rows('waits')) found.push(`books agree: ${String(rowKey)} waits`);
  for (const { partitionKey, rowKey } of await inspect.rows('activesetups')) {
    found.push(`books agree: ${String(rowKey)} is ${String(partitionKey)}`);
  }
  for (const { claimSetup, name, deleted } of await inspect.rows('environments')) {
    if (typeof claimSetup !== 'string' || deleted === true) continue;
    const holder = setups.find(({ head }) => head.setupId === claimSetup);
    if (holder?.head.state !== 'Ready') found.push(`books agree: ${String(name)} is claimed by ${claimSetup}`);
  }
  return found;
}

/** A secret a setup, and its value nowhere else. */
async function ofSecrets(world: World, setups: readonly Stored[]): Promise<string[]> {
  const live = setups.filter(({ head }) => head.state !== 'Deleted').map(({ head }) => head.secretName);
  const found = difference('secrets kept: secrets', live, await world.inspect.secrets());
  const texts = {
    tables: JSON.stringify(await world.inspect.everyRow()),
    histories: JSON.stringify(world.hub.histories()),
    logs: [...world.hub.lines, ...world.endpoints.lines, ...world.timerErrors].join('\n'),
  };
  for (const password of world.passwords) {
    for (const [place, text] of Object.entries(texts)) {
      if (text.includes(password)) found.push(`secrets kept: a password stands in the ${place}`);
    }
  }
  return found;
}

/** What orchestrations did, they would do again. */
async function ofHistories({ hub }: World): Promise<string[]> {
  try {
    await hub.replayHistories();
    return [];
  } catch (error) {
    return [`replayed as it was: ${String(error)}`];
  }
}

/** The same request again is the same operation; another tenant learns nothing. */
async function ofCallers(world: World, setups: readonly Stored[]): Promise<string[]> {
  const found: string[] = [];
  for (const { head } of setups) {
    const { setupId, attempt, state } = head;
    const other = await world.call('GET', pathOf(head), { as: 'otherTenant' });
    const none = await world.call('GET', pathOf({ ...head, setupId: `${setupId}-not` }), { as: 'otherTenant' });
    if (other.status !== 404 || other.body['code'] !== none.body['code'])
      found.push(`tenants apart: ${setupId} is shown to others`);
    const body = world.bodies.get(setupId);
    if (state !== 'Ready' || body === undefined) continue;
    const { companies, tableMappings } = head.request;
    const wanted = { ...body, companies, tableMappings };
    const again = await world.call('PUT', `migrationSetups/${setupId}`, { body: wanted });
    const operation = again.headers['operation-id'];
    if (again.status !== 200 || operation !== `${setupId}.${attempt}`) {
      found.push(`same request, same operation: ${setupId} was asked for again: ${again.status} ${operation ?? ''}`);
    }
  }
  return found;
}

function difference(what: string, expected: readonly string[], actual: readonly string[]): string[] {
  const missing = expected.filter((each) => !actual.includes(each));
  const added = actual.filter((each, index) => !expected.includes(each) || actual.indexOf(each) !== index);
  return [
    ...missing.map((each) => `${what}: ${each} is missing`),
    ...added.map((each) => `${what}: ${each} is too many`),
  ];
}
