/** Replication runs of a setup that is ready: over the API, through the factory, into the environment. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sample } from '../../local/stack/databases.ts';
import type { RunState } from '../../shared/replication/run.ts';
import type { ActivityFault, Decision } from '../support/durable/faults.ts';
import { requireDescribed } from '../support/api/openapi.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { Answer, Asked, World } from '../support/world/world.ts';

const SETUP = 'replicates';
const RUNS = `migrationSetups/${SETUP}/replicationRuns`;
const COMPANY = 'CRONUS International Ltd.';
const BASE_APP = '437dbf0e-84ff-417a-965d-ed2bb9650972';
const CUSTOMERS = `$Customer$${BASE_APP}`;
/** A table of the company that both sides have; the other tables of the sample have no company. */
const TABLE = `CRONUS International Ltd_${CUSTOMERS}`;
/** Of the company that the environment began with; it says what the table is online. */
const MODEL = `CRONUS USA, Inc_${CUSTOMERS}`;
/** A table of an old version, and the one of an app that takes its place online. */
const OLD_TABLE = 'CRONUS International Ltd_$Old Member';
const LOYALTY_APP = '5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41';
const NEW_TABLE = `CRONUS International Ltd_$Loyalty Member$${LOYALTY_APP}`;
/** A table that a later version has moved to another app, but for its field Name, which stayed with its app. */
const FOUNDATION = 'f3552374-a1f2-4356-848e-196002525837';
const MOVED_FROM = `CRONUS International Ltd_$Return Reason$${BASE_APP}`;
const MOVED_TO = `CRONUS International Ltd_$Return Reason$${FOUNDATION}`;
const MINUTE = 60_000;

let world: World;
let sample: Sample;

beforeAll(async () => {
  world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
  [sample] = world.endpoints.databases.samples;
  for (const [side, table] of [
    ['source', TABLE],
    ['destination', TABLE],
    ['destination', MODEL],
    ['source', OLD_TABLE],
    ['source', MOVED_FROM],
    ['destination', NEW_TABLE],
    ['destination', `CRONUS USA, Inc_$Loyalty Member$${LOYALTY_APP}`],
  ] as const) {
    await sample.execute(
      side,
      `CREATE TABLE [dbo].[${table}] ([timestamp] timestamp NOT NULL, [No_] nvarchar(10) NOT NULL PRIMARY KEY, [Name] nvarchar(50) NOT NULL)`,
    );
  }
  await sample.execute(
    'source',
    `INSERT INTO [dbo].[${TABLE}] ([No_], [Name]) VALUES (N'A', N'same'), (N'B', N'same');
    INSERT INTO [dbo].[${OLD_TABLE}] ([No_], [Name]) VALUES (N'M1', N'member');
    INSERT INTO [dbo].[${MOVED_FROM}] ([No_], [Name]) VALUES (N'R1', N'broken'), (N'R2', N'')`,
  );
  for (const company of ['CRONUS International Ltd_', 'CRONUS USA, Inc_']) {
    const table = `${company}$Return Reason$${FOUNDATION}`;
    await sample.execute('destination', `CREATE TABLE [dbo].[${table}] ([No_] nvarchar(10) NOT NULL PRIMARY KEY)`);
    const fields = `[No_] nvarchar(10) NOT NULL PRIMARY KEY, [Name$${BASE_APP}] nvarchar(50) NOT NULL, [Bonus$${LOYALTY_APP}] int NOT NULL DEFAULT ((7))`;
    await sample.execute('destination', `CREATE TABLE [dbo].[${table}$ext] (${fields})`);
  }
  await sample.execute(
    'destination',
    `INSERT INTO [dbo].[NAV App Installed App] ([App ID], [Package ID], [Name], [Publisher], [Version Major], [Version Minor], [Version Build], [Version Revision])
     VALUES ('${FOUNDATION}', NEWID(), N'Business Foundation', N'Microsoft', 26, 3, 36158, 0)`,
  );
  await sample.execute(
    'destination',
    `INSERT INTO [dbo].[Intelligent Cloud Status] ([Table Name], [Company Name])
     VALUES (N'CRONUS USA, Inc_$Loyalty Member$${LOYALTY_APP}', N'CRONUS USA, Inc.'), (N'CRONUS USA, Inc_$Return Reason$${FOUNDATION}', N'CRONUS USA, Inc.')`,
  );
  await world.begin(SETUP, sample);
  await world.until(SETUP, 'Ready');
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

/** Calls an operation on runs, whose answer must be as it is described. */
async function call(operationId: string, method: string, path: string, asked: Asked = {}): Promise<Answer> {
  const answer = await world.call(method, `${RUNS}${path}`, asked);
  requireDescribed(operationId, answer);
  return answer;
}

const create = (body: object) => call('createRun', 'POST', '', { body });
const retry = (runId: string) => call('retryRun', 'POST', `/${runId}/retry`);
const cancel = (runId: string) => call('cancelRun', 'POST', `/${runId}/cancel`);
const runOf = async (runId: string) => (await call('getRun', 'GET', `/${runId}`)).body;
const tablesOf = async (runId: string, status: string) => {
  const { body } = await call('listRunTables', 'GET', `/${runId}/tables`, { query: { status } });
  return body['value'] as Record<string, unknown>[];
};

/** The plan, page by page. */
async function planned(query: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (let continuation: string | null | undefined = ''; typeof continuation === 'string';) {
    const page = { ...query, maxpagesize: '5', ...(continuation === '' ? {} : { continuation }) };
    const answer = await world.call('GET', `migrationSetups/${SETUP}/tables`, { query: page });
    requireDescribed('listTables', answer);
    const { value, nextLink } = answer.body as { value: Record<string, unknown>[]; nextLink?: string };
    found.push(...value);
    continuation = nextLink === undefined ? undefined : new URL(nextLink).searchParams.get('continuation');
  }
  return found;
}

/** Begins a run and gives its id. */
async function begin(body: object): Promise<string> {
  const { status, body: run } = await create(body);
  expect(status).toBe(202);
  return String(run['runId']);
}

async function untilEnd(runId: string): Promise<Record<string, unknown>> {
  for (let waited = 0; waited < 60; waited += 1) {
    await world.settle();
    const run = await runOf(runId);
    if (run['endedAt'] !== undefined) return run;
    await world.advance(MINUTE / 2);
  }
  throw new Error(`Run ${runId} does not end: ${JSON.stringify(await runOf(runId))}`);
}

/** What the last events say. */
async function lastEvents(count: number) {
  const rows = (await world.inspect.rows('setups')).filter(({ rowKey }) => String(rowKey).startsWith('event-'));
  const events = rows.map(({ event }) => JSON.parse(String(event)) as { type: string; data: Record<string, unknown> });
  return events.slice(-count).map(({ type, data: { run, state } }) => ({ type: type.split('.')[3], run, state }));
}

/** Rows of the table in the environment. */
const customers = () => world.inspect.query(sample, 'destination', `SELECT [No_] FROM [dbo].[${TABLE}] ORDER BY [No_]`);

/** Fields in the companion table of the table that has moved, with one of an app that the source does not have. */
const fields = () =>
  world.inspect.query(
    sample,
    'destination',
    `SELECT m.[No_], e.[Name$${BASE_APP}] AS [name], e.[Bonus$${LOYALTY_APP}] AS [bonus] FROM [dbo].[${MOVED_TO}] AS m
     JOIN [dbo].[${MOVED_TO}$ext] AS e ON e.[No_] = m.[No_] ORDER BY m.[No_]`,
  );

test('the plan says of each table how it is copied, or why its rows are left behind', async () => {
  const { body } = await world.call('GET', `migrationSetups/${SETUP}`);
  const { byCopyMethod, leftOut } = body['tables'] as { byCopyMethod: Record<string, number>; leftOut: number };
  const all = await planned({});
  expect(all).toHaveLength(Object.values(byCopyMethod).reduce((sum, tables) => sum + tables, 0));
  expect(all).toContainEqual(expect.objectContaining({ company: COMPANY, sourceTable: TABLE, copyMethod: 'Delta' }));
  const left = await planned({ copyMethod: 'None', withRows: 'true' });
  expect(left).toHaveLength(leftOut);
  expect(left).toEqual(all.filter(({ copyMethod, rows }) => copyMethod === 'None' && Number(rows) > 0));
  for (const { reason } of left) expect(reason).toMatch(/\.$/);
});

test('says what it would copy, copies it, and one goes on at a time', async () => {
  const preview = await create({ mode: 'full', dryRun: true });
  expect(preview).toMatchObject({ status: 200, body: { mode: 'full' } });
  const { tables, byCompany } = preview.body;
  expect(byCompany).toContainEqual(expect.objectContaining({ company: COMPANY, tables: 3, rows: 6 }));

  const runId = await begin({ mode: 'full' });
  const refusal = { status: 409, body: { code: 'ReplicationUnderWay' } };
  expect(await create({ mode: 'delta' })).toMatchObject(refusal);
  expect(await world.delete(SETUP)).toMatchObject(refusal);
  const counts = { tables, succeededTables: tables, failedTables: 0 };
  expect(await untilEnd(runId)).toMatchObject({ state: 'Succeeded', counts });
  expect(await customers()).toEqual([{ No_: 'A' }, { No_: 'B' }]);
  expect(await fields()).toEqual([
    { No_: 'R1', name: 'broken', bonus: 7 },
    { No_: 'R2', name: '', bonus: 7 },
  ]);
  const copied = await tablesOf(runId, 'Succeeded');
  const durationMs = expect.any(Number) as number;
  expect(copied).toContainEqual(
    expect.objectContaining({ company: COMPANY, destinationTable: TABLE, rowsCopied: 2, durationMs }),
  );
  expect(await lastEvents(2)).toEqual([
    { type: 'replication-started', run: 1, state: 'Ready' },
    { type: 'replication-completed', run: 1, state: 'Ready' },
  ]);
  const summary = await world.call('GET', `migrationSetups/${SETUP}/tables/summary`);
  requireDescribed('summarizeTables', summary);
  // The run says how long it took, but one alone is told to nobody.
  expect(await world.inspect.rows('runfigures')).toMatchObject([{ tables, rows: expect.any(Number) as number }]);
  expect(summary.body).not.toHaveProperty('estimate');
  expect(await violations(world)).toEqual([]);
});

test('a company that is not copied is refused by its place in the request, and one that is can be chosen', async () => {
  const refused = await create({ mode: 'full', companies: [COMPANY, 'Nobody'] });
  expect(refused.status).toBe(400);
  expect(refused.body['errors']).toEqual([
    expect.objectContaining({ pointer: '/companies/1', code: 'UnknownCompany' }),
  ]);
  await sample.execute('source', `TRUNCATE TABLE [dbo].[${TABLE}]`);
  await sample.execute(
    'source',
    `INSERT INTO [dbo].[${TABLE}] ([No_], [Name]) VALUES (N'A', N'same'), (N'B', N'same'), (N'C', N'other')`,
  );
  const runId = await begin({ mode: 'delta', companies: [COMPANY] });
  expect(await untilEnd(runId)).toMatchObject({ state: 'Succeeded', companies: [COMPANY] });
  expect(await customers()).toHaveLength(3);
  const fullReason = expect.stringMatching(/^Change tracking does not know all changes since version \d+\.$/) as string;
  expect(await tablesOf(runId, 'Succeeded')).toContainEqual(
    expect.objectContaining({ destinationTable: TABLE, rowsCopied: 3, fullReason }),
  );
});

test('a table that fails is named with its cause and its remedy, and a retry copies it alone', async () => {
  await sample.execute('destination', `DELETE FROM [dbo].[${TABLE}]`);
  await sample.execute('destination', `CREATE UNIQUE INDEX [Names] ON [dbo].[${TABLE}] ([Name])`);
  const runId = await begin({ mode: 'full' });
  const failed = await untilEnd(runId);
  expect(failed).toMatchObject({ state: 'Failed', counts: { failedTables: 1 }, failure: { code: 'TablesFailed' } });
  const [broken, ...others] = await tablesOf(runId, 'Failed');
  expect(others).toEqual([]);
  expect(broken).toMatchObject({
    destinationTable: TABLE,
    error: {
      cause: expect.stringMatching(/^Error 2601 in /) as string,
      remedy: expect.stringContaining('key occurs twice') as string,
    },
  });

  await sample.execute('destination', `DROP INDEX [Names] ON [dbo].[${TABLE}]`);
  const { status, body } = await retry(runId);
  expect({ status, body }).toMatchObject({ status: 202, body: { retryOf: runId, mode: 'full' } });
  const retried = await untilEnd(String(body['runId']));
  expect(retried).toMatchObject({ state: 'Succeeded', counts: { tables: 1, succeededTables: 1, rows: 3 } });
  expect(await retry(String(body['runId']))).toMatchObject({ status: 409, body: { code: 'NothingToRetry' } });
  expect(await violations(world)).toEqual([]);
});

describe('what is migrated', () => {
  const change = (body: object) => world.call('PATCH', `migrationSetups/${SETUP}`, { body });
  const resource = async () => (await world.call('GET', `migrationSetups/${SETUP}`)).body;
  const mapping = { sourceTableName: `dbo.[${OLD_TABLE}]`, appId: LOYALTY_APP, tableName: 'Loyalty Member' };

  test('is changed before a run, which then plans again: a table takes another name', async () => {
    const before = await resource();
    const changed = await change({ tableMappings: [mapping] });
    requireDescribed('changeSelection', changed);
    expect(changed).toMatchObject({ status: 200, body: { tableMappings: [mapping], planOutdated: true } });
    expect((await create({ mode: 'delta', dryRun: true })).body).toMatchObject({ planOutdated: true });

    const runId = await begin({ mode: 'delta' });
    expect(await change({ tableMappings: null })).toMatchObject({ status: 409, body: { code: 'ReplicationUnderWay' } });
    expect(await untilEnd(runId)).toMatchObject({ state: 'Succeeded' });
    const members = await world.inspect.query(sample, 'destination', `SELECT [No_], [Name] FROM [dbo].[${NEW_TABLE}]`);
    expect(members).toEqual([{ No_: 'M1', Name: 'member' }]);
    // Only the mapped table is copied whole: the others keep the version up to which they are complete.
    const copied = await tablesOf(runId, 'Succeeded');
    expect(copied.filter(({ company, rowsCopied }) => company !== '' && Number(rowsCopied) > 0)).toEqual([
      expect.objectContaining({ sourceTable: OLD_TABLE, destinationTable: NEW_TABLE, rowsCopied: 1 }),
    ]);
    expect(await lastEvents(3)).toMatchObject([
      { type: 'tables-planned', state: 'Ready' },
      { type: 'replication-started' },
      { type: 'replication-completed' },
    ]);
    const after = await resource();
    expect(after).not.toHaveProperty('planOutdated');
    const delta = (body: Record<string, unknown>) =>
      (body['tables'] as { byCopyMethod: { Delta: number } }).byCopyMethod;
    expect(delta(after).Delta).toBe(delta(before).Delta + 1);
    expect(await violations(world)).toEqual([]);
  });

  test('are companies of the source only, and tables of the others stay as they are', async () => {
    const refused = await change({ companies: [COMPANY, 'Nobody'] });
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/companies/1', code: 'UnknownCompany' }] },
    });
    expect(await change({ tableMappings: [{ ...mapping, sourceTableName: '[sales].[Old]' }] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/tableMappings/0/sourceTableName' }] },
    });
    const { body } = await world.call('GET', `migrationSetups/${SETUP}/companies`);
    const others = (body['value'] as { name: string }[]).map(({ name }) => name).filter((name) => name !== COMPANY);
    expect(await change({ companies: others })).toMatchObject({ status: 200, body: { companies: others } });
    expect(await create({ mode: 'full', companies: [COMPANY] })).toMatchObject({ status: 400 });
    await sample.execute('source', `DELETE FROM [dbo].[${TABLE}] WHERE [No_] = N'C'`);
    await sample.execute('source', `UPDATE [dbo].[${MOVED_FROM}] SET [Name] = N'late' WHERE [No_] = N'R2'`);
    await sample.execute('source', `DELETE FROM [dbo].[${MOVED_FROM}] WHERE [No_] = N'R1'`);
    expect(await untilEnd(await begin({ mode: 'full' }))).toMatchObject({ state: 'Succeeded' });
    expect(await customers()).toHaveLength(3);
    const reason = 'The company is not selected.';
    expect(await planned({})).toContainEqual(
      expect.objectContaining({ sourceTable: TABLE, copyMethod: 'None', reason }),
    );
    expect(await change({ companies: null, tableMappings: null })).toMatchObject({ status: 200 });
    expect(await untilEnd(await begin({ mode: 'delta' }))).toMatchObject({ state: 'Succeeded' });
    expect(await customers()).toHaveLength(2);
    expect(await fields()).toEqual([{ No_: 'R2', name: 'late', bonus: 7 }]);
  });

  test('is planned again once, however often the run is interrupted then', async () => {
    for (const fault of ['kill before', 'kill after', 'run twice'] as const) {
      await change({ tableMappings: fault === 'kill after' ? null : [mapping] });
      once('refreshPlan', () => fault);
      expect(await untilEnd(await begin({ mode: 'delta' }))).toMatchObject({ state: 'Succeeded' });
      expect((await lastEvents(3)).map(({ type }) => type)).toEqual([
        'tables-planned',
        'replication-started',
        'replication-completed',
      ]);
      expect(await violations(world)).toEqual([]);
    }
  });
});

/** Lets something happen when an activity of a run runs for the first time. */
function once(activity: string, happen: () => Decision): void {
  world.activityFault = ({ name }) => {
    if (name !== activity) return undefined;
    world.activityFault = () => undefined;
    return happen();
  };
}

describe('a run that is interrupted', () => {
  test.each<[string, ActivityFault]>([
    ['beginRun', 'kill after'],
    ['startReplication', 'kill before'],
    ['startReplication', 'kill after'],
    ['closeRun', 'kill after'],
    ['endRun', 'kill after'],
    ['endRun', 'run twice'],
  ])('in %s (%s) goes on, and starts its pipeline once', async (activity, fault) => {
    once(activity, () => fault);
    const runId = await begin({ mode: 'delta' });
    expect(await untilEnd(runId)).toMatchObject({ state: 'Succeeded' });
    expect(await violations(world)).toEqual([]);
  });

  test('by the end of its orchestration goes on with another one', async () => {
    let terminated: Promise<void> | undefined;
    once('closeRun', () => {
      terminated = world.head(SETUP).then(async ({ replication }) => {
        const { tenantId } = world.endpoints;
        await world.client.terminate(
          `${tenantId}.${SETUP}.1.replication.${replication?.run}.1`,
          'The test wants it so.',
        );
      });
      return 'fail before';
    });
    const runId = await begin({ mode: 'delta' });
    expect(await untilEnd(runId)).toMatchObject({ state: 'Succeeded' });
    await terminated;
    expect(await violations(world)).toEqual([]);
  });
});

test.each(['renewStaging', 'refreshPlan', 'beginRun', 'startReplication', 'closeRun'])(
  'a run that is canceled during %s ends, and the next one copies',
  async (activity) => {
    let canceling: Promise<Answer> | undefined;
    once(activity, () => {
      canceling = world.head(SETUP).then(({ replication }) => cancel(String(replication?.run)));
      // The activity works when the answer is there: afterwards the run may have ended.
      return canceling.then(() => undefined);
    });
    const runId = await begin({ mode: 'full' });
    const ended = await untilEnd(runId);
    expect((await canceling)?.status).toBe(202);
    const states: RunState[] = activity === 'closeRun' ? ['Succeeded', 'Canceled'] : ['Canceled'];
    expect(states).toContain(ended['state']);
    expect(await violations(world)).toEqual([]);
    expect(await untilEnd(await begin({ mode: 'delta' }))).toMatchObject({ state: 'Succeeded' });
  },
);

test('an environment whose database does not answer is told as that', async () => {
  world.endpoints.sql.decide = () => 'lost before';
  const answers = [await create({ mode: 'full', dryRun: true }), await call('listRunTables', 'GET', '/1/tables')];
  world.endpoints.sql.decide = () => undefined;
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    expect(answer.body).toMatchObject({
      code: 'ServiceUnavailable',
      detail: expect.stringContaining('Production') as string,
    });
  }
});

test('the runs stay readable, and a deletion takes their data away but for what was copied', async () => {
  const { body } = await call('listRuns', 'GET', '');
  const numbers = (body['value'] as { runId: string }[]).map(({ runId }) => Number(runId));
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(await cancel('1')).toMatchObject({ status: 409, body: { code: 'ReplicationEnded' } });
  expect((await call('getRun', 'GET', '/77')).body).toMatchObject({ code: 'ReplicationRunNotFound' });
  await world.delete(SETUP);
  await world.until(SETUP, 'Deleted');
  expect(await create({ mode: 'full' })).toMatchObject({ status: 409, body: { code: 'SetupNotReady' } });
  expect(await runOf('1')).toMatchObject({ runId: '1', state: 'Succeeded' });
  expect(await planned({})).toEqual([]);
  expect(await violations(world)).toEqual([]);
});
