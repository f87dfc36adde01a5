import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkCatalogue, evaluateChecks, summarizeChecks } from '../../../shared/checks/catalogue.ts';
import { checkResultSchema, checkThresholdsSchema, sourceProbeSchema } from '../../../shared/checks/check.ts';
import type { CheckInput, CheckResult } from '../../../shared/checks/check.ts';

const base = { appId: '437dbf0e-84ff-417a-965d-ed2bb9650972', name: 'Base Application', publisher: 'Microsoft' };
const cloud = { appId: '58623bfa-0559-4bc2-ae1c-0979c29fd9e0', name: 'Intelligent Cloud Base', publisher: 'Microsoft' };

const ownMark = 'a'.repeat(64);
const otherMark = 'b'.repeat(64);

const healthy: CheckInput = {
  setupKey: ownMark,
  product: 'DynamicsBCLast',
  sourceKind: 'SqlServer',
  source: {
    database: 'BC]250',
    productVersion: '15.0.4345.5',
    engineEdition: 2,
    edition: 'Standard Edition (64-bit)',
    compatibilityLevel: 130,
    collation: 'Latin1_General_100_CI_AS',
    state: 'ONLINE',
    isReadOnly: false,
    userAccess: 'MULTI_USER',
    changeTrackingOn: true,
    changeTrackingRetentionDays: 3,
    changeTrackingAutoCleanup: true,
    applicationVersion: '25.0.100.0',
    preparedFor: ownMark,
    extensions: [{ ...base, version: '25.0.100.0' }],
    login: 'migration',
    user: 'dbo',
    isSysadmin: true,
    hasControl: true,
    tableCount: 10_000,
    tablePrefixes: [
      { prefix: 'cronus international ltd_', tables: 2 },
      { prefix: 'CRONUS _LOCAL_ & Söhne$Sub', tables: 1 },
    ],
  },
  companies: [
    company('CRONUS International Ltd.', 'CRONUS International Ltd_'),
    company('CRONUS [LOCAL] & Söhne', 'CRONUS _LOCAL_ & Söhne'),
  ],
  destination: {
    database: 'tenant01',
    compatibilityLevel: 150,
    collation: 'SQL_Latin1_General_CP1_CI_AS',
    state: 'ONLINE',
    isReadOnly: false,
    applicationVersion: '26.3.200.0',
    boundTo: ownMark,
    extensions: [
      { ...base, version: '26.3.200.0' },
      { ...cloud, version: '26.3.200.0' },
    ],
    user: 'factory',
    hasControl: true,
  },
  runtime: { name: 'shir-1', online: true, nodes: [{ name: 'NODE1', version: '5.50.1' }] },
  thresholds: checkThresholdsSchema.parse({}),
};

function company(name: string, sqlName: string, sizeGigabytes: number | null = 1) {
  return { name, displayName: name, isEvaluation: false, sqlName, sizeGigabytes };
}

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

test('databases that are in order pass every check but the ones that only inform', () => {
  expect(failuresOf({}).map(({ id }) => id)).toEqual(['EXT-03']);
});

describe('each fault fails its check, and no other', () => {
  const faults: [name: string, id: string, severity: string, code: string, change: Change][] = [
    ['runtime offline', 'NET-01', 'blocks', '52071', { runtime: { name: 'shir-1', online: false, nodes: [] } }],
    ['SQL Server 2016 without SP1', 'SRV-01', 'blocks', 'SRV-01', { source: { productVersion: '13.0.4000.9' } }],
    ['Managed Instance', 'SRV-01', 'warns', 'SRV-01', { source: { engineEdition: 8, productVersion: '12.0.2000.8' } }],
    ['compatibility level 120', 'SRV-02', 'blocks', '50001', { source: { compatibilityLevel: 120 } }],
    ['source read-only', 'SRV-03', 'blocks', 'SRV-03', { source: { isReadOnly: true } }],
    ['single user', 'SRV-03', 'blocks', 'SRV-03', { source: { userAccess: 'SINGLE_USER' } }],
    ['source offline', 'SRV-03', 'blocks', 'SRV-03', { source: { state: 'RECOVERING' } }],
    ['two days of changes', 'SRV-04', 'blocks', '50020', { source: { changeTrackingRetentionDays: 2 } }],
    ['no clean-up', 'SRV-04', 'warns', '50020', { source: { changeTrackingAutoCleanup: false } }],
    ['change tracking off', 'SRV-04', 'informs', '50020', { source: { changeTrackingOn: false } }],
    ['case-sensitive source', 'SRV-05', 'informs', 'SRV-05', { source: { collation: 'Latin1_General_100_CS_AS' } }],
    ['environment read-only', 'SRV-10', 'blocks', 'SRV-10', { destination: { isReadOnly: true } }],
    ['environment at level 110', 'SRV-11', 'blocks', 'SRV-11', { destination: { compatibilityLevel: 110 } }],
    ['no sysadmin', 'AUT-03', 'warns', 'AUT-03', { source: { isSysadmin: false } }],
    ['no owner', 'AUT-03', 'blocks', 'AUT-03', { source: { hasControl: null } }],
    ['identity no owner', 'AUT-06', 'blocks', 'AUT-06', { destination: { hasControl: false } }],
    ['source version blank', 'VER-01', 'blocks', '50017', { source: { applicationVersion: '' } }],
    ['same major, earlier product', 'VER-02', 'blocks', '50018', { destination: { applicationVersion: '25.9' } }],
    ['other major, same product', 'VER-02', 'blocks', '50018', { product: 'DynamicsBC' }],
    ['version 24', 'VER-03', 'blocks', '50017', { source: { applicationVersion: '24.5' } }],
    ['environment taken', 'VER-04', 'blocks', '50010', { destination: { boundTo: otherMark } }],
    ['source taken', 'VER-05', 'warns', 'VER-05', { source: { preparedFor: otherMark } }],
    ['environment version unknown', 'VER-06', 'blocks', 'VER-06', { destination: { applicationVersion: null } }],
    ['app older online', 'EXT-01', 'warns', 'EXT-01', { source: { extensions: [{ ...base, version: '26.4' }] } }],
    ['no companies', 'CMP-01', 'blocks', '50003', { companies: [] }],
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
    ['50 GB', 'CMP-05', 'warns', '50002', { companies: [company('A', 'A', 20), company('B', 'B', 30)] }],
    ['company gone', 'CMP-07', 'blocks', '50003', { selected: ['CRONUS International Ltd.', 'CRONUS'] }],
    ['many tables', 'TAB-04', 'warns', 'TAB-04', { source: { tableCount: 10_001 } }],
  ];

  test.each(faults)('%s: %s %s', (_name, id, severity, code, change) => {
    const failures = failuresOf(change).filter(({ id: failed }) => failed !== 'EXT-03' && failed !== 'CMP-06');
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
    expect(failuresOf({ companies, source, selected: ['CRONUS'] })).toMatchObject([{ id: 'EXT-03' }]);
    expect(failuresOf({ companies, source, selected: ['CRONUS/A'] })).toMatchObject([
      { id: 'EXT-03' },
      { id: 'CMP-02' },
      { id: 'CMP-05' },
    ]);
  });

  test('the cloud migration app is missing online', () => {
    const extensions = [{ ...base, version: '26.3' }];
    expect(failuresOf({ destination: { extensions } })).toMatchObject([{ id: 'EXT-04', severity: 'warns' }]);
  });

  test('an extension that is online only is named', () => {
    expect(failuresOf({})).toMatchObject([{ id: 'EXT-03', severity: 'informs', measured: 'Intelligent Cloud Base' }]);
  });
});

test('all failures are reported in one run', () => {
  const failures = failuresOf({
    source: { compatibilityLevel: 120, applicationVersion: null, hasControl: false },
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
  expect([byId.get('SRV-01'), byId.get('AUT-03'), byId.get('NET-01')]).toEqual(['passed', 'passed', 'skipped']);
});

describe('what cannot be measured is skipped, not failed', () => {
  test.each([
    ['CMP-05', { companies: [company('CRONUS', 'CRONUS', null)] }],
    ['CMP-06', { source: { tablePrefixes: null } }],
    ['VER-02', { source: { applicationVersion: null } }],
    ['VER-03', { source: { applicationVersion: null } }],
    ['EXT-01', { source: { extensions: null } }],
    ['EXT-03', { source: { extensions: null } }],
    ['EXT-04', { destination: { extensions: null } }],
  ] satisfies [string, Change][])('%s', (id, change) => {
    const result = evaluate(change).find((candidate) => candidate.id === id);
    expect(result).toMatchObject({ status: 'skipped' });
    expect(result?.cause).not.toBe('');
  });
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
    ['AUT-03', { source: { isSysadmin: false, hasControl: false } }, 'ALTER ROLE [db_owner] ADD MEMBER [dbo];'],
  ] satisfies [string, Change, string][])('%s', (id, change, sql) => {
    expect(evaluate(change).find((result) => result.id === id)?.remedy.sql).toBe(sql);
  });
});

test('SQL Server 2016 SP1 is new enough', () => {
  expect(failuresOf({ source: { productVersion: '13.0.4001.0' } }).map(({ id }) => id)).toEqual(['EXT-03']);
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
    warned: 2,
    failed: 1,
    skipped: 0,
    failedChecks: ['SRV-02'],
  });
});

test('results keep to their schema, and ids are unique and documented', () => {
  const documentation = readFileSync(new URL('../../../docs/checks.md', import.meta.url), 'utf8').replaceAll(
    / +/g,
    ' ',
  );
  for (const result of evaluate({ source: { isReadOnly: true } })) checkResultSchema.parse(result);
  const ids = checkCatalogue.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, title, severity, code } of checkCatalogue) {
    expect(documentation).toContain(`| ${id} | ${title} | ${severity} | ${code} |`);
  }
});

test('the extensions of a probe are read from text, and stay readable once they are read', () => {
  const row = { ...healthy.source, extensions: JSON.stringify(healthy.source.extensions) };
  const probe = sourceProbeSchema.parse(row);
  expect(probe).toEqual(healthy.source);
  expect(sourceProbeSchema.parse(probe)).toEqual(healthy.source);
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
