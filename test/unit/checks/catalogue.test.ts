import { describe, expect, test } from 'vitest';
import { checkCatalogue, evaluateChecks, summarizeChecks } from '../../../shared/checks/catalogue.ts';
import { checkDefinitionSchema, checkResultSchema } from '../../../shared/checks/check.ts';
import { resultsOfRows, rowsOfResults } from '../../../shared/checks/stored-results.ts';
import { sourceFactsSchema, sourceProbeSchema } from '../../../shared/checks/probe.ts';
import { checkThresholdsSchema } from '../../../shared/checks/thresholds.ts';
import type { CheckInput, CheckResult } from '../../../shared/checks/check.ts';
import { nothingLeftOut } from '../../support/measured.ts';
import { base, company, healthy, migrationApps, ownMark } from '../../support/healthy-databases.ts';

const otherMark = 'b'.repeat(64);

const load = { runningJobs: 7, jobLimit: 8, freeMegabytes: 1_024, processorPercent: 90 };
const online = { name: 'shir-1', online: true, nodes: [{ name: 'NODE1', version: '5.50.1' }] };
const loaded = (change: Partial<typeof load>): { runtime: CheckInput['runtime'] } => ({
  runtime: { ...online, versionStatus: 'UpToDate', updatesItself: true, setups: 5, load: { ...load, ...change } },
});
const offline = {
  name: 'shir-1',
  online: false,
  nodes: [],
  versionStatus: 'UpToDate',
  updatesItself: true,
  setups: 1,
  load,
};

type Change = Partial<Omit<CheckInput, 'source' | 'destination'>> & {
  source?: Partial<CheckInput['source']>;
  destination?: Partial<CheckInput['destination']>;
};

function evaluate(change: Change): CheckResult[] {
  const { source, destination, ...rest } = change;
  return evaluateChecks({
    ...healthy,
    ...rest,
    source: { ...healthy.source, ...source },
    destination: { ...healthy.destination, ...destination },
  });
}

function failuresOf(change: Change): CheckResult[] {
  return evaluate(change).filter(({ status }) => status === 'failed');
}

test('databases that are in order pass every check, or leave nothing to do', () => {
  const others = evaluate({}).filter(({ status }) => status !== 'passed');
  expect(others.map(({ id, status }) => `${id} ${status}`)).toEqual(['EXT-03 nothingToDo']);
});

const roomy = { destination: { maximumGigabytes: -1 } };

describe('each fault fails its check, and no other', () => {
  const faults: [name: string, id: string, severity: string, code: string, change: Change][] = [
    ['no job free', 'NET-03', 'warns', 'NET-03', loaded({ runningJobs: 8 })],
    ['little memory', 'NET-03', 'warns', 'NET-03', loaded({ freeMegabytes: 1_023 })],
    ['a busy processor', 'NET-03', 'warns', 'NET-03', loaded({ processorPercent: 91 })],
    ['runtime offline', 'NET-01', 'blocks', '52071', { runtime: offline }],
    ['SQL Server 2016 without SP1', 'SRV-01', 'blocks', 'SRV-01', { source: { productVersion: '13.0.4000.9' } }],
    ['Managed Instance', 'SRV-01', 'warns', 'SRV-01', { source: { engineEdition: 8, productVersion: '12.0.2000.8' } }],
    ['compatibility level 120', 'SRV-02', 'blocks', '50001', { source: { compatibilityLevel: 120 } }],
    ['source read-only', 'SRV-03', 'blocks', 'SRV-03', { source: { isReadOnly: true } }],
    ['single user', 'SRV-03', 'blocks', 'SRV-03', { source: { userAccess: 'SINGLE_USER' } }],
    ['source offline', 'SRV-03', 'blocks', 'SRV-03', { source: { state: 'RECOVERING' } }],
    ['two days of changes', 'SRV-04', 'blocks', '50020', { source: { changeTrackingRetentionDays: 2 } }],
    ['no clean-up', 'SRV-04', 'warns', '50020', { source: { changeTrackingAutoCleanup: false } }],
    ['case-sensitive source', 'SRV-05', 'warns', 'SRV-05', { source: { collation: 'Latin1_General_100_CS_AS' } }],
    ['binary source', 'SRV-05', 'warns', 'SRV-05', { source: { collation: 'Latin1_General_BIN2' } }],
    [
      'both by case, accents ignored',
      'SRV-05',
      'informs',
      'SRV-05',
      {
        source: { collation: 'Latin1_General_100_CS_AI' },
        destination: { collation: 'Latin1_General_100_CS_AS' },
      },
    ],
    ['accents ignored', 'SRV-05', 'informs', 'SRV-05', { source: { collation: 'Latin1_General_100_CI_AI' } }],
    ['environment read-only', 'SRV-10', 'blocks', 'SRV-10', { destination: { isReadOnly: true } }],
    ['environment at level 110', 'SRV-11', 'blocks', 'SRV-11', { destination: { compatibilityLevel: 110 } }],
    ['no rights', 'AUT-03', 'blocks', 'AUT-03', { source: { hasControl: null, missingRights: [{ name: 'ALTER' }] } }],
    ['identity no owner', 'AUT-06', 'blocks', 'AUT-06', { factoryAccess: { user: 'adf', hasControl: false } }],
    ['version never set', 'VER-01', 'blocks', '50017', { source: { applicationVersion: '0.0.0.0' } }],
    ['source version blank', 'VER-01', 'blocks', '50017', { source: { applicationVersion: '' } }],
    ['same major, earlier product', 'VER-02', 'blocks', '50018', { destination: { applicationVersion: '25.9' } }],
    ['other major, same product', 'VER-02', 'blocks', '50018', { product: 'DynamicsBC' }],
    ['version 24', 'VER-03', 'blocks', '50017', { source: { applicationVersion: '24.5' } }],
    ['environment taken', 'VER-04', 'blocks', '50010', { destination: { boundTo: otherMark } }],
    ['source taken', 'VER-05', 'warns', 'VER-05', { source: { preparedFor: otherMark } }],
    ['environment version unknown', 'VER-06', 'blocks', 'VER-06', { destination: { applicationVersion: null } }],
    ['app older online', 'EXT-01', 'warns', 'EXT-01', { source: { extensions: [{ ...base, version: '26.4' }] } }],
    ['no companies', 'CMP-01', 'blocks', '50003', { companies: [] }],
    ['more companies than are listed', 'CMP-01', 'blocks', '50003', { unlistedCompanies: 5_000 }],
    ['trailing blank', 'CMP-02', 'blocks', '50021', { companies: [company('CRONUS ', 'CRONUS ')] }],
    ['slash', 'CMP-02', 'blocks', '50021', { companies: [company('CRONUS/A', 'CRONUS_A')] }],
    ['line feed', 'CMP-02', 'blocks', '50021', { companies: [company('CRONUS\nA', 'CRONUS\nA')] }],
    [
      'collision',
      'CMP-03',
      'blocks',
      'CMP-03',
      { companies: [company('CRONUS.A', 'CRONUS_A'), company('cronus[a', 'cronus_a')] },
    ],
    [
      '300 companies',
      'CMP-04',
      'warns',
      'CMP-04',
      { companies: Array.from({ length: 300 }, (_, index) => company(`C${index}`, `C${index}`, 0)) },
    ],
    ['50 GB', 'CMP-05', 'warns', '50002', { companies: [company('A', 'A', 20), company('B', 'B', 30)], ...roomy }],
    ['room if it were empty', 'CMP-08', 'warns', '50002', { companies: [company('A', 'A', 31.5)] }],
    ['no room', 'CMP-08', 'warns', '50002', { companies: [company('A', 'A', 32.5)] }],
    ['company gone', 'CMP-07', 'blocks', '50003', { selected: ['CRONUS International Ltd.', 'CRONUS'] }],
    ['many tables', 'TAB-04', 'warns', 'TAB-04', { source: { tableCount: 10_001 } }],
  ];

  test.each(faults)('%s: %s %s', (_name, id, severity, code, change) => {
    // A version that nobody has set is also an old one; companies that were made up have no tables.
    const beside = new Set(['VER-03', 'CMP-06'].filter((other) => other !== id));
    const failures = failuresOf(change).filter(({ id: failed }) => !beside.has(failed));
    expect(failures).toMatchObject([{ id, severity, code }]);
    expect(failures[0]?.cause).not.toBe('');
    expect(failures[0]?.remedy.text).not.toBe('');
    expect(failures[0]?.measured).not.toBe('');
  });

  test('companies that are not to be migrated do not matter', () => {
    const companies = [company('CRONUS', 'CRONUS', 1), company('CRONUS/A', 'CRONUS_A', 90)];
    const source = {
      tablePrefixes: [
        { prefix: 'CRONUS', tables: 2 },
        { prefix: 'CRONUS_A', tables: 2 },
      ],
    };
    expect(failuresOf({ companies, source, selected: ['CRONUS'] })).toEqual([]);
    expect(failuresOf({ companies, source, selected: ['CRONUS/A'], ...roomy })).toMatchObject([
      { id: 'CMP-02' },
      { id: 'CMP-05' },
    ]);
  });

  test('a cloud migration app is missing online, that of earlier versions if the product needs it', () => {
    const extensions = [{ ...base, version: '25.1' }, ...migrationApps.slice(0, 2)];
    expect(failuresOf({ destination: { extensions } })).toMatchObject([
      { id: 'EXT-04', severity: 'warns', measured: 'missing: Business Central Cloud Migration - Previous Release' },
    ]);
    const sameVersion = { applicationVersion: '25.1', extensions };
    expect(failuresOf({ product: 'DynamicsBC', destination: sameVersion })).toEqual([]);
  });
});

describe('what needs no remedy is nothing to do', () => {
  test.each([
    ['SRV-04', { source: { changeTrackingOn: false } }, 'off'],
    ['AUT-03', { source: { isSysadmin: false } }, 'CONTROL yes, sysadmin no'],
    ['EXT-03', {}, migrationApps.map(({ name }) => name).join(', ')],
  ] satisfies [string, Change, string][])('%s', (id, change, measured) => {
    expect(failuresOf(change)).toEqual([]);
    const result = evaluate(change).find((candidate) => candidate.id === id);
    expect(result).toMatchObject({ status: 'nothingToDo', measured, remedy: { text: '' } });
    expect(result?.cause).not.toBe('');
  });
});

test('of many names the first are shown, with how many more there are', () => {
  const companies = Array.from({ length: 5_000 }, (_, index) => company(`C${index}/${'x'.repeat(20)}`, 'C'));
  const results = evaluate({ companies, selected: companies.map(({ name }) => `${name}!`) });
  for (const { measured } of results) expect(measured.length).toBeLessThan(2_000);
  expect(results.find(({ id }) => id === 'CMP-07')?.measured).toMatch(/^"C0\/x+!", .* and 4980 more$/);
  const stored = rowsOfResults(results);
  for (const row of stored) expect(JSON.stringify(row).length).toBeLessThan(32_000);
  expect(resultsOfRows(stored)).toEqual(results);
  const tablePrefixes = companies.map(({ name }) => ({ prefix: name, tables: 1 }));
  const facts = sourceFactsSchema.parse({ ...healthy.source, tablePrefixes });
  expect(JSON.stringify(facts).length).toBeLessThan(4_000);
  expect(results.find(({ id }) => id === 'CMP-07')?.names).toHaveLength(5_000);
  for (const id of ['CMP-02', 'CMP-03', 'CMP-06']) {
    expect(evaluate({ companies }).find((result) => result.id === id)?.measured).toMatch(/"C\d+\/x+"/);
  }
});

describe('many companies', () => {
  const companies = Array.from({ length: 5_000 }, (_, index) => company(`C${index}`, `C${index}`, 0));
  const tablePrefixes = [...companies.map(({ name }) => name), 'C5000'].map((prefix) => ({ prefix, tables: 1 }));
  const source = { tablePrefixes };
  const outcomesOf = (change: Change) => new Map(evaluate(change).map(({ id, status }) => [id, status]));
  const leftOut = { ...nothingLeftOut, '50004': { tables: 1, rows: 1, names: ['C5000$Customer'] } };

  test('of which some were not listed block alone: nothing is said of companies and of what is told by them', () => {
    const results = evaluate({ companies, unlistedCompanies: 1, selected: ['C5000'], source, leftOut });
    const failed = results.filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ id: 'CMP-01', measured: '5001', expected: '1 to 5000' }]);
    const skipped = results.filter(({ status }) => status === 'skipped');
    expect(skipped.map(({ id }) => id)).toEqual([
      'CMP-02',
      'CMP-03',
      'CMP-06',
      'CMP-07',
      'CMP-04',
      'CMP-05',
      'CMP-08',
      'TAB-01',
      'TAB-02',
    ]);
    for (const { cause } of skipped) expect(cause).toBe('Only 5000 of 5001 companies were listed (CMP-01).');
  });

  test('that were all listed do not block up to 5,000', () => {
    expect(outcomesOf({ companies, source }).get('CMP-01')).toBe('passed');
    const more = [...companies, company('C5000', 'C5000', 0)];
    const outcomes = outcomesOf({ companies: more, source });
    expect([outcomes.get('CMP-01'), outcomes.get('CMP-06')]).toEqual(['failed', 'passed']);
  });
});

test('all failures are reported in one run', () => {
  const failures = failuresOf({
    source: {
      compatibilityLevel: 120,
      applicationVersion: null,
      hasControl: false,
      missingRights: [{ name: 'ALTER' }],
    },
    companies: [],
    destination: { boundTo: otherMark },
  });
  const expected = ['SRV-02', 'AUT-03', 'VER-01', 'VER-04', 'CMP-01'];
  expect(failures.map(({ id }) => id)).toEqual(expect.arrayContaining(expected));
});

test('Azure SQL Database passes with its own version number and without a server role', () => {
  const source = { engineEdition: 5, productVersion: '12.0.2000.8', edition: 'SQL Azure', isSysadmin: null };
  const { runtime: _, ...rest } = healthy;
  const results = evaluateChecks({ ...rest, sourceKind: 'AzureSql', source: { ...healthy.source, ...source } });
  const byId = new Map(results.map(({ id, status }) => [id, status]));
  expect(['SRV-01', 'AUT-03', 'NET-01', 'NET-02', 'SRV-06'].map((id) => byId.get(id))).toEqual([
    'passed',
    'passed',
    'skipped',
    'skipped',
    'skipped',
  ]);
});

describe('a database that carries a mark', () => {
  const marked = (boundTo: string | null, preparedFor: string | null) =>
    evaluate({ destination: { boundTo }, source: { preparedFor } }).filter(({ id }) =>
      ['VER-04', 'VER-05'].includes(id),
    );

  test.each([null, ownMark])('of nobody or of its own setup passes: %s', (mark) => {
    expect(marked(mark, mark).map(({ status }) => status)).toEqual(['passed', 'passed']);
  });

  test('of a stranger names nothing of it, and has a remedy that the caller can follow', () => {
    const results = marked(otherMark, otherMark);
    expect(results.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(JSON.stringify(results)).not.toContain(otherMark.slice(0, 8));
    for (const { remedy } of results) {
      expect(remedy.sql).toBeUndefined();
      expect(remedy.text).toMatch(/Delete the other setup.*ask the operator/);
    }
  });
});

describe('the remedy is T-SQL that can be run, with names quoted', () => {
  test.each([
    ['SRV-02', { source: { compatibilityLevel: 120 } }, 'ALTER DATABASE [BC]]250] SET COMPATIBILITY_LEVEL = 130;'],
    ['SRV-03', { source: { isReadOnly: true } }, 'ALTER DATABASE [BC]]250] SET READ_WRITE;'],
    [
      'SRV-04',
      { source: { changeTrackingRetentionDays: 1 } },
      'ALTER DATABASE [BC]]250] SET CHANGE_TRACKING (CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON);',
    ],
    [
      'AUT-03',
      { source: { hasControl: false, missingRights: [{ name: 'ALTER' }, { name: 'EXECUTE' }], seesChanges: false } },
      'GRANT ALTER, EXECUTE TO [dbo];\nGRANT VIEW CHANGE TRACKING ON SCHEMA::[dbo] TO [dbo];',
    ],
    ['AUT-04', { source: { seesState: false } }, 'GRANT VIEW DATABASE STATE TO [dbo];'],
    [
      'SRV-06',
      { source: { fullBackupAgeHours: null } },
      "BACKUP DATABASE [BC]]250] TO DISK = N'BC]250.bak' WITH COPY_ONLY;",
    ],
    [
      'SRV-09',
      { source: { updatesStatistics: false } },
      'ALTER DATABASE [BC]]250] SET AUTO_UPDATE_STATISTICS ON;\nEXEC sp_updatestats;',
    ],
    [
      'VER-01',
      { source: { applicationVersion: null, unmeasured: { applicationVersion: 'denied' } } },
      'GRANT SELECT ON [dbo].[$ndo$tenantdatabaseproperty] TO [dbo];',
    ],
  ] satisfies [string, Change, string][])('%s', (id, change, sql) => {
    expect(evaluate(change).find((result) => result.id === id)?.remedy.sql).toBe(sql);
  });
});

test('SQL Server 2016 SP1 is new enough', () => {
  expect(failuresOf({ source: { productVersion: '13.0.4001.0' } })).toEqual([]);
});

test('thresholds can be changed', () => {
  const thresholds = checkThresholdsSchema.parse({ minimumSourceMajor: 26 });
  expect(failuresOf({ thresholds }).map(({ id }) => id)).toContain('VER-03');
});

test('a summary counts only what blocks as failed', () => {
  const results = evaluate({ source: { compatibilityLevel: 120, tableCount: 20_000 } });
  const total = checkCatalogue.length;
  expect(summarizeChecks(results)).toEqual({
    passed: total - 3,
    nothingToDo: 1,
    warned: 1,
    failed: 1,
    skipped: 0,
    excluded: 0,
    failedChecks: ['SRV-02'],
  });
});

test.each([
  [{ include: ['SRV-02', 'TAB-04'] }, ['SRV-02', 'TAB-04']],
  [{ exclude: ['SRV-02'] }, checkCatalogue.map(({ id }) => id).filter((id) => id !== 'SRV-02')],
])('only the checks that %j leaves are evaluated, and the others say so', (selection, evaluated) => {
  const faulty = { ...healthy, source: { ...healthy.source, compatibilityLevel: 120 } };
  const results = evaluateChecks(faulty, selection);
  expect(results.filter(({ status }) => status !== 'excluded').map(({ id }) => id)).toEqual(evaluated);
  const { excluded, failedChecks } = summarizeChecks(results);
  expect(excluded).toBe(checkCatalogue.length - evaluated.length);
  expect(failedChecks).toEqual(evaluated.filter((id) => id === 'SRV-02' && 'include' in selection));
  expect(results.find(({ status }) => status === 'excluded')).toMatchObject({
    cause: 'Excluded by the request (checkSelection).',
    remedy: { text: '' },
  });
});

test('results and definitions keep to their schemas, and ids are unique', () => {
  for (const result of evaluate({ source: { isReadOnly: true } })) checkResultSchema.parse(result);
  for (const check of checkCatalogue) checkDefinitionSchema.parse(check);
  const ids = checkCatalogue.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the extensions of a probe are read from text, and stay readable once they are read', () => {
  const source = { ...healthy.source, unmeasured: { media: 'absent', statistics: 'denied' } };
  const row = {
    ...source,
    extensions: JSON.stringify(source.extensions),
    unmeasured: 'media=absent;statistics=denied;',
  };
  const probe = sourceProbeSchema.parse(row);
  expect(probe).toEqual(source);
  expect(sourceProbeSchema.parse(probe)).toEqual(source);
});

describe('companies and tables', () => {
  const check = (prefixes: readonly string[], collation: string) =>
    evaluate({
      companies: [company('CRONUS', 'CRONUS'), company('Česko', 'Česko')],
      source: { collation, tablePrefixes: prefixes.map((prefix) => ({ prefix, tables: 1 })) },
    }).find(({ id }) => id === 'CMP-06');

  test.each([
    [['CRONUS', 'Česko'], 'Latin1_General_BIN2'],
    [['cronus', 'česko$Item'], 'Latin1_General_100_CI_AS'],
    [['cronus', 'Cesko'], 'Latin1_General_100_CI_AI'],
  ])('%j belong together under %s', (prefixes, collation) => {
    expect(check(prefixes, collation)).toMatchObject({ status: 'passed' });
  });

  test.each([
    [['CRONUS', 'Česko', 'Old'], 'Latin1_General_100_CI_AS', 'without a company: "Old"'],
    [['CRONUS'], 'Latin1_General_100_CI_AS', 'without tables: "Česko"'],
    [['cronus', 'Česko'], 'Latin1_General_100_CS_AS', 'without tables: "CRONUS"; without a company: "cronus"'],
    [['CRONUS', 'Cesko'], 'Latin1_General_100_CI_AS', 'without tables: "Česko"; without a company: "Cesko"'],
    [['CRONUS', 'česko'], 'Latin1_General_BIN2', 'without tables: "Česko"; without a company: "česko"'],
  ])('%j do not under %s', (prefixes, collation, measured) => {
    expect(check(prefixes, collation)).toMatchObject({ status: 'failed', severity: 'warns', measured });
  });
});
