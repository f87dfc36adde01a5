// Every check by what the probes measure, over TDS: one thing is changed in the sample, measured, and put back.
import type { ConnectionPool } from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleDatabases } from '../../../local/sample/load-sample.ts';
import { checkCatalogue, evaluateChecks } from '../../../shared/checks/catalogue.ts';
import type { CheckInput, CheckResult } from '../../../shared/checks/check.ts';
import { leftOutOf } from '../../../shared/plan/left-out.ts';
import type { LeftOutTables } from '../../../shared/plan/left-out.ts';
import { connectPool, LoginRefused } from '../../../shared/sql/connect.ts';
import { SqlDatabases } from '../../../shared/sql/database.ts';
import { besideProbes, measureDestination, measureSource, nothingLeftOut, planOf } from '../../support/measured.ts';
import { run, startLocalServers } from '../../support/sample-servers.ts';
import type { LocalServers } from '../../support/sample-servers.ts';

/** A change of a database, and what takes it back. */
type Change = readonly [apply: string, undo: string];
/** Another database, or another login, in the place of the sample's. */
type Place = Parameters<LocalServers['connect']>;

interface Fixture {
  readonly source?: Change | Place;
  /** As whom the source is measured after the change; left out: its owner. */
  readonly as?: Place;
  readonly destination?: Change | Place;
  /** Whether the tables are planned, which takes longer; the plan of the sample leaves some out. */
  readonly planned?: boolean;
  /** Of what no database can be brought to, or what is no database's. */
  readonly input?: (measured: CheckInput) => Partial<CheckInput>;
}

/** How a check turns out: passed, nothingToDo, the severity of a failure, or why it was skipped. */
type Outcome = 'passed' | 'nothingToDo' | 'blocks' | 'warns' | 'informs' | NonNullable<CheckResult['reason']>;

let servers: LocalServers;
let sample: Pick<CheckInput, 'source' | 'storage' | 'companies' | 'destination'> & { readonly leftOut: LeftOutTables };
let before: ReadonlyMap<string, Outcome>;

beforeAll(async () => {
  servers = await startLocalServers();
  const destination = await measureDestination(servers.destination);
  sample = { ...(await measureSource(servers.source)), destination, leftOut: nothingLeftOut };
  before = outcomesOf(evaluateChecks({ ...besideProbes, ...sample }));
});

afterAll(() => servers?.stop());

function outcomesOf(results: readonly CheckResult[]): Map<string, Outcome> {
  return new Map(
    results.map(({ id, status, severity, reason = 'unknown' }) => [
      id,
      status === 'failed' ? severity : status === 'skipped' ? reason : status,
    ]),
  );
}

const measuredPlaces = new Map<string, Promise<unknown>>();

/** What another place measures does not change. */
function once<Measured>(place: Place, measure: () => Promise<Measured>): Promise<Measured> {
  const known = measuredPlaces.get(String(place)) as Promise<Measured> | undefined;
  const measuring = known ?? measure();
  measuredPlaces.set(String(place), measuring);
  return measuring;
}

/** Measures a side as a fixture wants it, and puts back what it changed. */
async function measured<Measured>(
  pool: ConnectionPool,
  wanted: Change | Place | undefined,
  {
    measure,
    untouched,
    as,
  }: { measure: (pool: ConnectionPool) => Promise<Measured>; untouched: Measured; as?: Place | undefined },
): Promise<Measured> {
  if (wanted === undefined) return untouched;
  if (wanted.length === 3) return once(wanted, async () => measure(await servers.connect(...wanted)));
  const [apply, undo] = wanted;
  await run(pool, [apply]);
  try {
    return await measure(as === undefined ? pool : await servers.connect(...as));
  } finally {
    await run(pool, [undo]);
  }
}

async function evaluate({ source, as, destination, planned = false, input }: Fixture): Promise<CheckResult[]> {
  const measureTables = async (pool: ConnectionPool) => ({
    ...(await measureSource(pool)),
    leftOut: planned ? await leftOutOf(planOf(pool, servers.destination)) : nothingLeftOut,
  });
  const online = await measured(servers.destination, destination, {
    measure: measureDestination,
    untouched: sample.destination,
  });
  const all = {
    ...besideProbes,
    ...(await measured(servers.source, source, { measure: measureTables, untouched: sample, as })),
    destination: online,
    factoryAccess: online,
  };
  return evaluateChecks({ ...all, ...input?.(all) });
}

/** Changes of the database in general, and back. */
const source = (set: string, back: string): Change => [
  `ALTER DATABASE CURRENT SET ${set}`,
  `ALTER DATABASE CURRENT SET ${back}`,
];
const version = (value: string, usual: string): Change => {
  const set = (text: string) => `UPDATE [dbo].[$ndo$tenantdatabaseproperty] SET [applicationversion] = ${text}`;
  return [set(value), set(usual)];
};
const tracking = (settings: string) => source(`CHANGE_TRACKING = ON (${settings})`, 'CHANGE_TRACKING = OFF');
const mark = (table: string): Change => [
  `EXEC(N'CREATE SCHEMA [mig]'); EXEC(N'CREATE TABLE [mig].[${table}] ([setupKey] nvarchar(64) NOT NULL)');
   EXEC(N'INSERT INTO [mig].[${table}] VALUES (N''other'')')`,
  `DROP TABLE [mig].[${table}]; DROP SCHEMA [mig]`,
];
const backup = (apply: string): Change => [
  apply,
  `DELETE FROM [msdb].[dbo].[backupset];
   INSERT INTO [msdb].[dbo].[backupset] VALUES (N'${sampleDatabases.source}', 'D', GETDATE())`,
];
const companies = (...names: string[]): Change => [
  names.map((name) => `INSERT INTO [dbo].[Company] ([Name]) VALUES (N'${name}')`).join(';'),
  `DELETE FROM [dbo].[Company] WHERE [Name] IN (${names.map((name) => `N'${name}'`).join(', ')})`,
];
const app = (id: string): string => `[dbo].[NAV App Installed App] WHERE [App ID] = '${id}'`;
const installed = (id: string, name: string, major: number): string =>
  `INSERT INTO [dbo].[NAV App Installed App] ([App ID], [Package ID], [Name], [Publisher], [Version Major], [Version Minor],
   [Version Build], [Version Revision]) VALUES ('${id}', NEWID(), N'${name}', N'Microsoft', ${major}, 0, 0, 0)`;
const legacyArchive = 'a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60';
const previousRelease = '6992416f-3f39-4d3c-8242-3fff61350bea';
const onlineOnly = [
  '58623bfa-0559-4bc2-ae1c-0979c29fd9e0',
  '334ef79e-547e-4631-8ba1-7a7f18e14de6',
  previousRelease,
  'd94e3a17-0b5c-4c8e-a1f2-6b7c8d9e0f13',
];
const keyless = ['CRONUS International Ltd_', 'CRONUS _LOCAL_ & Söhne', 'CRONUS Česko s_r_o_'].map(
  (name) => `[dbo].[${name}$Loyalty Import$5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41]`,
);

const masked: Change = [
  `ALTER TABLE ${keyless[0]} ADD [Secret] nvarchar(10) MASKED WITH (FUNCTION = 'default()') NULL`,
  `ALTER TABLE ${keyless[0]} DROP COLUMN [Secret]`,
];
const emptyTable = (name: string): Change => [
  `CREATE TABLE ${name} ([Line] int NOT NULL PRIMARY KEY)`,
  `DROP TABLE ${name}`,
];
const strayTable = '[dbo].[CRONUS Old$Customer$437dbf0e-84ff-417a-965d-ed2bb9650972]';
const unchanged: Change = ['SELECT 1', 'SELECT 1'];

const reader = (side: 'source' | 'destination'): Place => [
  side === 'source' ? 'onprem' : 'online',
  sampleDatabases[side],
  'reader',
];
const asOther: Place = ['onprem', sampleDatabases.source, 'dbo'];
const old: Place = ['old', 'BC140', 'owner'];
const noTenant: Place = ['onprem', 'BC.250', 'owner'];
const noEnvironment: Place = ['online', 'empty', 'owner'];
const threshold = (values: Partial<CheckInput['thresholds']>) => ({
  input: ({ thresholds }: CheckInput) => ({ thresholds: { ...thresholds, ...values } }),
});
const runtime = (values: Partial<NonNullable<CheckInput['runtime']>>) => ({
  input: ({ runtime: usual }: CheckInput) => (usual === undefined ? {} : { runtime: { ...usual, ...values } }),
});

const fixtures: readonly (readonly [id: string, outcome: Outcome, fixture: Fixture])[] = [
  ['NET-01', 'blocks', runtime({ online: false, nodes: [] })],
  ['NET-02', 'warns', runtime({ versionStatus: 'Expiring' })],
  ['NET-02', 'warns', runtime({ updatesItself: false })],
  ['NET-02', 'unknown', runtime({ versionStatus: 'None' })],
  ['NET-03', 'warns', runtime({ setups: 6 })],
  ['NET-03', 'passed', runtime({ load: undefined })],
  ['NET-03', 'unknown', runtime({ load: undefined, setups: 2 })],
  ['SRV-01', 'blocks', { source: old }],
  ['SRV-02', 'blocks', { source: source('COMPATIBILITY_LEVEL = 120', 'COMPATIBILITY_LEVEL = 150') }],
  ['SRV-03', 'blocks', { source: source('READ_ONLY', 'READ_WRITE') }],
  ['SRV-03', 'blocks', { source: source('SINGLE_USER', 'MULTI_USER') }],
  ['SRV-03', 'blocks', { source: ['onprem', 'replica', 'owner'] }],
  ['SRV-04', 'passed', { source: tracking('CHANGE_RETENTION = 3 DAYS') }],
  ['SRV-04', 'blocks', { source: tracking('CHANGE_RETENTION = 71 HOURS') }],
  ['SRV-04', 'warns', { source: tracking('CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = OFF') }],
  ['SRV-05', 'warns', { source: ['onprem', 'BC.CS', 'owner'] }],
  [
    'SRV-06',
    'warns',
    { source: backup('UPDATE [msdb].[dbo].[backupset] SET [backup_finish_date] = DATEADD(day, -8, GETDATE())') },
  ],
  ['SRV-06', 'warns', { source: backup('DELETE FROM [msdb].[dbo].[backupset]') }],
  ['SRV-06', 'denied', { source: asOther }],
  ['SRV-07', 'nothingToDo', { source: source('DELAYED_DURABILITY = FORCED', 'DELAYED_DURABILITY = DISABLED') }],
  [
    'SRV-07',
    'nothingToDo',
    { source: source('ACCELERATED_DATABASE_RECOVERY = ON', 'ACCELERATED_DATABASE_RECOVERY = OFF') },
  ],
  ['SRV-07', 'old', { source: old }],
  // The log may grow to 2 TB, the disk has 64 GB.
  ['SRV-08', 'passed', threshold({ sourceRoomWarningMegabytes: 65_536 })],
  ['SRV-08', 'warns', threshold({ sourceRoomWarningMegabytes: 65_537 + 8 })],
  ['SRV-08', 'denied', { source: asOther }],
  ['SRV-08', 'old', { source: old }],
  ['SRV-09', 'warns', { source: source('AUTO_UPDATE_STATISTICS OFF', 'AUTO_UPDATE_STATISTICS ON') }],
  ['SRV-09', 'denied', { source: reader('source') }],
  ['SRV-10', 'blocks', { destination: source('READ_ONLY', 'READ_WRITE') }],
  ['SRV-11', 'blocks', { destination: source('COMPATIBILITY_LEVEL = 110', 'COMPATIBILITY_LEVEL = 150') }],
  ['AUT-02', 'passed', { source: reader('source') }],
  ['AUT-02', 'warns', { source: reader('source'), ...threshold({ passwordWarningDays: 43 }) }],
  ['AUT-03', 'nothingToDo', { source: asOther }],
  ['AUT-03', 'blocks', { source: reader('source') }],
  ['AUT-04', 'warns', { source: reader('source') }],
  ['AUT-06', 'blocks', { destination: reader('destination') }],
  ['AUT-07', 'blocks', { input: () => ({ ownAccess: { user: 'app', hasControl: null } }) }],
  ['SEC-02', 'warns', { input: () => ({ secret: undefined }) }],
  ['SEC-02', 'warns', { input: () => ({ secret: { isEnabled: false, daysLeft: null } }) }],
  ['SEC-02', 'warns', { input: () => ({ secret: { isEnabled: true, daysLeft: 6.9 } }) }],
  ['VER-01', 'blocks', { source: version("N''", "N'25.0.23364.0'") }],
  ['VER-01', 'blocks', { source: noTenant }],
  ['VER-01', 'blocks', { source: reader('source') }],
  ['VER-02', 'blocks', { destination: version("N'25.1'", "N'26.3.36158.0'") }],
  ['VER-02', 'unknown', { source: noTenant }],
  ['VER-03', 'blocks', { source: version("N'24.5'", "N'25.0.23364.0'") }],
  ['VER-03', 'unknown', { source: noTenant }],
  ['VER-04', 'blocks', { destination: mark('Environment') }],
  ['VER-05', 'warns', { source: mark('Setup') }],
  ['VER-06', 'blocks', { destination: version('NULL', "N'26.3.36158.0'") }],
  ['VER-06', 'blocks', { destination: reader('destination') }],
  [
    'EXT-01',
    'passed',
    { source: [`DELETE FROM ${app(legacyArchive)}`, installed(legacyArchive, 'Legacy Archive', 1)] },
  ],
  ['EXT-01', 'absent', { source: noTenant }],
  ['EXT-01', 'denied', { source: reader('source') }],
  [
    'EXT-02',
    'passed',
    {
      destination: [
        'UPDATE [dbo].[Intelligent Cloud Status] SET [Replicate Data] = 1',
        "UPDATE [dbo].[Intelligent Cloud Status] SET [Replicate Data] = 0 WHERE [Table Name] LIKE N'%Report Inbox%'",
      ],
    },
  ],
  ['EXT-02', 'absent', { destination: noEnvironment }],
  ['EXT-02', 'denied', { destination: reader('destination') }],
  [
    'EXT-03',
    'passed',
    {
      source: [
        onlineOnly.map((id) => installed(id, 'Other', 1)).join(';'),
        onlineOnly.map((id) => `DELETE FROM ${app(id)}`).join(';'),
      ],
    },
  ],
  ['EXT-03', 'denied', { source: reader('source') }],
  [
    'EXT-04',
    'warns',
    {
      destination: [
        `DELETE FROM ${app(previousRelease)}`,
        installed(previousRelease, 'Business Central Cloud Migration - Previous Release', 26),
      ],
    },
  ],
  ['EXT-04', 'absent', { destination: noEnvironment }],
  ['EXT-04', 'denied', { destination: reader('destination') }],
  ['CMP-01', 'blocks', { source: noTenant }],
  ['CMP-01', 'blocks', { source: reader('source') }],
  ['CMP-02', 'blocks', { source: companies('CRONUS/A') }],
  ['CMP-02', 'blocks', { source: companies('CRONUS ') }],
  ['CMP-03', 'blocks', { source: companies('CRONUS.A', 'cronus_a') }],
  ['CMP-04', 'warns', threshold({ companyCountWarning: 3 })],
  ['CMP-05', 'warns', threshold({ companySizeWarningGigabytes: 0 })],
  ['CMP-05', 'passed', { source: asOther }],
  ['CMP-06', 'passed', { source: companies('CRONUS Old') }],
  ['CMP-06', 'old', { source: old }],
  ['CMP-07', 'blocks', { input: () => ({ selected: ['Nobody'] }) }],
  [
    'CMP-08',
    'warns',
    { input: (all) => ({ companies: all.companies.map((company) => ({ ...company, sizeGigabytes: 11 })) }) },
  ],
  ['CMP-08', 'denied', { destination: reader('destination') }],
  ['TAB-01', 'unknown', { input: () => ({ leftOut: undefined }) }],
  [
    'TAB-01',
    'passed',
    { planned: true, source: [`DELETE FROM ${strayTable}`, `INSERT INTO ${strayTable} ([No_]) VALUES (N'C00001')`] },
  ],
  ['TAB-01', 'warns', { planned: true, source: unchanged }],
  ['TAB-02', 'warns', { planned: true, source: unchanged }],
  ['TAB-02', 'unknown', { input: () => ({ leftOut: undefined }) }],
  [
    'TAB-03',
    'passed',
    {
      source: [
        keyless.map((table, index) => `ALTER TABLE ${table} ADD CONSTRAINT [K${index}] PRIMARY KEY ([Line])`).join(';'),
        keyless.map((table, index) => `ALTER TABLE ${table} DROP CONSTRAINT [K${index}]`).join(';'),
      ],
    },
  ],
  ['TAB-03', 'old', { source: old }],
  ['TAB-04', 'warns', threshold({ tableCountWarning: 1 })],
  ['TAB-05', 'passed', { source: masked }],
  ['TAB-05', 'passed', { source: reader('source') }],
  ['TAB-05', 'warns', { source: masked, as: reader('source') }],
  ['TAB-05', 'old', { source: old }],
  ['TAB-06', 'warns', threshold({ largestMediaWarningMegabytes: 0 })],
  ['TAB-06', 'absent', { source: noTenant }],
  ['TAB-06', 'denied', { source: reader('source') }],
  ['TAB-07', 'nothingToDo', { source: emptyTable(`[dbo].[CRONUS International Ltd_$It's "odd"; -- is it?]`) }],
  ['TAB-07', 'old', { source: old }],
  [
    'TAB-08',
    'warns',
    {
      destination: [`CREATE TRIGGER [Audit] ON [dbo].[Company] AFTER INSERT AS RETURN`, 'DROP TRIGGER [Audit]'],
    },
  ],
  ['TAB-08', 'denied', { destination: reader('destination') }],
];

/** Another database, a login without rights, and the plan of the sample have several faults. */
const isAlone = ({ source: here, as, destination, planned = false }: Fixture) =>
  as === undefined && here?.length !== 3 && destination?.length !== 3 && !planned;

describe('a fault shows in its check, and in no other', () => {
  test.each(fixtures)('%s: %s (%#)', async (id, outcome, fixture) => {
    const results = await evaluate(fixture);
    const after = outcomesOf(results);
    expect(after.get(id)).toBe(outcome);
    // What is compared with a value that is unknown now is skipped.
    const others = [...after].filter(([other, now]) => other !== id && now !== before.get(other) && now !== 'unknown');
    expect(isAlone(fixture) ? others : []).toEqual([]);
    const result = results.find((candidate) => candidate.id === id);
    expect(result?.cause === '').toBe(outcome === 'passed');
    expect(result?.remedy.text === '').toBe(result?.status !== 'failed');
    expect(result?.measured === '').toBe(result?.status === 'skipped');
  });
});

test('every check has passed once, and turned out otherwise once', () => {
  const seen = [...before, ...fixtures];
  for (const { id } of checkCatalogue) {
    const outcomes = seen.filter(([seenId]) => seenId === id).map(([, outcome]) => outcome);
    expect(outcomes, id).toContain('passed');
    expect(
      outcomes.some((outcome) => outcome !== 'passed'),
      id,
    ).toBe(true);
  }
});

test('the sample has no fault that blocks', () => {
  expect([...before].filter(([, outcome]) => outcome !== 'passed')).toEqual([
    ['SRV-04', 'nothingToDo'],
    ['EXT-01', 'warns'],
    ['EXT-02', 'nothingToDo'],
    ['EXT-03', 'nothingToDo'],
    ['CMP-06', 'warns'],
    ['TAB-03', 'nothingToDo'],
  ]);
});

test('ten faults at once are exactly these ten in one report', async () => {
  const of = (ids: readonly string[], side: 'source' | 'destination'): Change => {
    const changes = fixtures.flatMap(([id, , fixture]) => {
      const change = fixture[side];
      return ids.includes(id) && change?.length === 2 ? [[id, change] as const] : [];
    });
    const first = [...new Map(changes.toReversed()).values()];
    return [first.map(([apply]) => apply).join(';'), first.map(([, undo]) => undo).join(';')];
  };
  const [mend, unmend] = of(['EXT-01', 'CMP-06'], 'source');
  await run(servers.source, [mend]);
  const results = await evaluate({
    source: of(['SRV-02', 'SRV-06', 'SRV-09', 'VER-03', 'VER-05'], 'source'),
    destination: of(['SRV-10', 'SRV-11', 'VER-04', 'EXT-04'], 'destination'),
    input: () => ({ selected: ['Nobody'] }),
  });
  await run(servers.source, [unmend]);
  expect(results.flatMap(({ id, status }) => (status === 'failed' ? [id] : []))).toEqual([
    'SRV-02',
    'SRV-06',
    'SRV-09',
    'SRV-10',
    'SRV-11',
    'VER-03',
    'VER-04',
    'VER-05',
    'EXT-04',
    'CMP-07',
  ]);
});

test('a login that the environment refuses is told, and no other failure', async () => {
  const refusing = new SqlDatabases(() =>
    connectPool({
      server: 'localhost',
      port: servers.portOf('online'),
      database: sampleDatabases.destination,
      user: 'stranger',
      password: servers.password,
      options: { encrypt: true, cryptoCredentialsDetails: { ca: servers.certificate } },
    }),
  );
  const place = { environment: 'Production', region: '', server: 'localhost', database: 'x' };
  const access = await refusing.useIfAdmitted(place, measureNothing);
  expect(evaluateChecks({ ...besideProbes, ...sample, ownAccess: access })).toContainEqual(
    expect.objectContaining({
      id: 'AUT-07',
      status: 'failed',
      measured: expect.stringMatching(/^refused: Login failed/) as string,
    }),
  );
  const broken = new SqlDatabases(() => Promise.reject(new Error('Nobody answers.')));
  await expect(broken.useIfAdmitted(place, measureNothing)).rejects.toThrow('Nobody answers.');
  const busy = new SqlDatabases(() => Promise.reject(new LoginRefused(40_613, new Error('It is not available.'))));
  await expect(busy.useIfAdmitted(place, measureNothing)).rejects.toThrow('It is not available.');
});

function measureNothing(): Promise<{ user: string; hasControl: boolean }> {
  return Promise.resolve({ user: 'app', hasControl: true });
}
