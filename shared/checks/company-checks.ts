/** Checks of the companies and the amount of data. */
import type { Check, CheckInput, Company, Finding } from './check.ts';
import { nameKeyOf } from '../sql/collation.ts';

const administration = 'https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration';
const companyNames = `${administration}/migration-troubleshooting#company-names`;
const planning = `${administration}/cloud-migration-plan-prepare`;

export const companyChecks: readonly Check[] = [
  {
    id: 'CMP-01',
    title: 'The source has at least one company',
    target: 'companies',
    severity: 'blocks',
    code: '50003',
    documentation: `${administration}/migration-setup`,
    evaluate({ companies }) {
      const measured = String(companies.length);
      const expected = 'at least 1';
      if (companies.length > 0) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'The table [Company] is missing or empty, or the login may not read it.',
        remedy: "Check that the connection names a tenant's database, and the rights of the login (AUT-03).",
        sql: 'SELECT [Name] FROM [dbo].[Company];',
      };
    },
  },
  {
    id: 'CMP-02',
    title: 'Company names can be used in table names',
    target: 'companies',
    severity: 'blocks',
    code: '50021',
    documentation: companyNames,
    evaluate: usableNames,
  },
  {
    id: 'CMP-03',
    title: 'Company names stay different in table names',
    target: 'companies',
    severity: 'blocks',
    code: 'CMP-03',
    documentation: companyNames,
    evaluate: differentNames,
  },
  {
    id: 'CMP-04',
    title: 'The number of companies is moderate',
    target: 'companies',
    severity: 'warns',
    code: 'CMP-04',
    documentation: `${administration}/migration-optimize-replication`,
    evaluate(input) {
      const { thresholds } = input;
      const companies = selectedOf(input);
      const measured = String(companies.length);
      const expected = `fewer than ${thresholds.companyCountWarning}`;
      if (companies.length < thresholds.companyCountWarning) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'Every company brings its own tables; so many take long to create and to replicate.',
        remedy: 'Replicate the companies in several batches.',
      };
    },
  },
  {
    id: 'CMP-05',
    title: 'The amount of data is moderate',
    target: 'companies',
    severity: 'warns',
    code: '50002',
    documentation: planning,
    evaluate(input) {
      const { thresholds } = input;
      const companies = selectedOf(input);
      if (companies.some(({ sizeGigabytes }) => sizeGigabytes === null)) {
        return { status: 'skipped', cause: 'The login may not see sizes (VIEW DATABASE STATE).' };
      }
      const total = companies.reduce((sum, { sizeGigabytes }) => sum + (sizeGigabytes ?? 0), 0);
      const measured = `${total.toFixed(2)} GB`;
      const expected = `less than ${thresholds.companySizeWarningGigabytes} GB`;
      if (total < thresholds.companySizeWarningGigabytes) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'The first replication of so much data takes long, and the capacity of the environment may not suffice.',
        remedy: 'Delete data that is no longer needed, compress tables, or replicate the companies in several batches.',
      };
    },
  },
  {
    id: 'CMP-06',
    title: 'Every company has tables, and every table of a company its company',
    target: 'companies',
    severity: 'warns',
    code: 'CMP-06',
    documentation: companyNames,
    evaluate: companiesAndTables,
  },
  {
    id: 'CMP-07',
    title: 'The companies that are to be migrated exist',
    target: 'companies',
    severity: 'blocks',
    code: '50003',
    documentation: `${administration}/migration-setup`,
    evaluate: selectedExist,
  },
  {
    id: 'TAB-04',
    title: 'The number of tables is moderate',
    target: 'source',
    severity: 'warns',
    code: 'TAB-04',
    documentation: planning,
    evaluate({ source, thresholds }) {
      const measured = String(source.tableCount);
      const expected = `at most ${thresholds.tableCountWarning}`;
      if (source.tableCount <= thresholds.tableCountWarning) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'Each table costs time in each replication run, even when it has not changed.',
        remedy: 'Expect longer runs; delete companies and uninstall extensions that are no longer needed.',
      };
    },
  },
];

/** The companies that are to be migrated. */
function selectedOf({ companies, selected }: CheckInput): readonly Company[] {
  return selected === undefined ? companies : companies.filter(({ name }) => selected.includes(name));
}

function selectedExist({ companies, selected }: CheckInput): Finding {
  const expected = 'companies of the source';
  if (selected === undefined) return { status: 'passed', measured: 'all companies', expected };
  const missing = selected.filter((wanted) => !companies.some(({ name }) => name === wanted));
  if (missing.length === 0) return { status: 'passed', measured: `${selected.length} companies`, expected };
  return {
    status: 'failed',
    measured: listed(missing),
    expected,
    cause: 'The source has no companies of these names.',
    remedy: 'Replay the setup with names of companies as GET …/companies lists them.',
    sql: 'SELECT [Name] FROM [dbo].[Company];',
  };
}

function usableNames(input: CheckInput): Finding {
  const companies = selectedOf(input);
  const expected = 'no blank at either end, no slash, only printing characters';
  const bad = companies.filter(({ name }) => name !== name.trim() || /[/\p{C}]/u.test(name));
  if (bad.length === 0) return { status: 'passed', measured: `${companies.length} names`, expected };
  return {
    status: 'failed',
    // As JSON, so that what does not print shows.
    measured: bad.map(({ name }) => JSON.stringify(name)).join(', '),
    expected,
    cause: 'The tables of these companies are not found under their names, so that they would be left out silently.',
    remedy: 'Rename these companies in the client, then start the setup again.',
    sql: "SELECT [Name] FROM [dbo].[Company] WHERE [Name] LIKE N' %' OR DATALENGTH([Name]) > 2 * LEN([Name]) OR [Name] LIKE N'%/%' OR [Name] LIKE N'%' + NCHAR(13) + N'%' OR [Name] LIKE N'%' + NCHAR(10) + N'%';",
  };
}

function differentNames(input: CheckInput): Finding {
  const companies = selectedOf(input);
  const groups = new Map<string, string[]>();
  for (const { name, sqlName } of companies) {
    const key = sqlName.toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), JSON.stringify(name)]);
  }
  const collisions = [...groups.values()].filter(({ length }) => length > 1);
  const expected = 'different names, also without special characters and regardless of case';
  if (collisions.length === 0) return { status: 'passed', measured: `${companies.length} names`, expected };
  return {
    status: 'failed',
    measured: collisions.map((names) => names.join(' = ')).join('; '),
    expected,
    cause: 'In table names, special characters become underscores; these companies would share their tables online.',
    remedy: 'Rename all but one company of each group in the client, then start the setup again.',
  };
}

function companiesAndTables(input: CheckInput): Finding {
  const { source, companies } = input;
  const { tablePrefixes } = source;
  if (tablePrefixes === null) return { status: 'skipped', cause: 'The names of tables cannot be read.' };
  const keyOf = nameKeyOf(source.collation);
  const names = companies.map(({ sqlName }) => keyOf(sqlName));
  const prefixes = tablePrefixes.map(({ prefix }) => keyOf(prefix));
  const belongs = (prefix: string, name: string) => prefix === name || prefix.startsWith(`${name}$`);
  const empty = selectedOf(input).filter(({ sqlName }) => !prefixes.some((prefix) => belongs(prefix, keyOf(sqlName))));
  const strays = tablePrefixes.filter((_, index) => !names.some((name) => belongs(prefixes[index] ?? '', name)));
  const expected = 'no company without tables, no tables without a company';
  if (empty.length === 0 && strays.length === 0) {
    return { status: 'passed', measured: `${companies.length} companies with tables`, expected };
  }
  const measured = [
    ...(empty.length > 0 ? [`without tables: ${listed(empty.map(({ name }) => name))}`] : []),
    ...(strays.length > 0 ? [`without a company: ${listed(strays.map(({ prefix }) => prefix))}`] : []),
  ];
  return {
    status: 'failed',
    measured: measured.join('; '),
    expected,
    cause:
      'Tables are found by the name of their company. None are copied that have no company, as after a renaming that ended early.',
    remedy: 'Complete the renaming, or delete the company, in the client; drop tables of companies that were deleted.',
  };
}

const shownNames = 20;

function listed(names: readonly string[]): string {
  const rest = names.length - shownNames;
  const shown = names.slice(0, shownNames).map((name) => JSON.stringify(name));
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
