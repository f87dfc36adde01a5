/** Checks of the companies and the amount of data. */
import { nameKeyOf } from '../sql/collation.ts';
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge, listed, notNeeded, quoted, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import type { Company } from './probe.ts';

const allCompanies = 'SELECT [Name] FROM [dbo].[Company];';

export const companyChecks: readonly Check[] = [
  {
    id: 'CMP-01',
    title: 'The source has at least one company',
    target: 'companies',
    severity: 'blocks',
    code: '50003',
    rule: '`[Company]`: at least one row.',
    why: 'There is nothing to migrate.',
    mendedBy: 'caller',
    documentation: articles.setup,
    evaluate: someCompany,
  },
  {
    id: 'CMP-02',
    title: 'Company names can be used in table names',
    target: 'companies',
    severity: 'blocks',
    code: '50021',
    rule: 'No blank at either end, no `/`, no character that does not print.',
    why: 'Tables of such companies are not found under their names, and would be left out silently.',
    mendedBy: 'caller',
    documentation: articles.companyNames,
    evaluate: usableNames,
  },
  {
    id: 'CMP-03',
    title: 'Company names stay different in table names',
    target: 'companies',
    severity: 'blocks',
    code: 'CMP-03',
    rule: 'Names after the invalid characters of `[$ndo$dbproperty]` became `_`, regardless of case.',
    why: 'Companies with one name would share their tables online.',
    mendedBy: 'caller',
    documentation: articles.companyNames,
    evaluate: differentNames,
  },
  {
    id: 'CMP-04',
    title: 'The number of companies is moderate',
    target: 'companies',
    severity: 'warns',
    code: 'CMP-04',
    rule: 'Threshold `companyCountWarning`.',
    why: 'Every company brings its own tables; many take long to create and to replicate.',
    mendedBy: 'caller',
    documentation: articles.optimize,
    evaluate(input) {
      const limit = input.thresholds.companyCountWarning;
      const count = selectedOf(input).length;
      const values = { measured: String(count), expected: `fewer than ${limit}` };
      return judge(count < limit, values, {
        cause: 'Every company brings its own tables; so many take long to create and to replicate.',
        remedy:
          "Replicate the companies in several batches; Microsoft's articles advise at most 250, and 10 to begin with.",
      });
    },
  },
  {
    id: 'CMP-05',
    title: 'The amount of data is moderate',
    target: 'companies',
    severity: 'warns',
    code: '50002',
    rule: 'Used pages of the tables of companies: threshold `companySizeWarningGigabytes`. Skipped without VIEW DATABASE STATE.',
    why: 'The first replication takes long, and an environment has 80 GB unless more was bought.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate(input) {
      const limit = input.thresholds.companySizeWarningGigabytes;
      const companies = selectedOf(input);
      const total = sizeOf(companies);
      if (total === undefined) return unseenSizes;
      const values = { measured: `${total.toFixed(2)} GB`, expected: `less than ${limit} GB` };
      return judge(total < limit, values, {
        cause: 'The first replication of so much data takes long, and the capacity of the environment may not suffice.',
        remedy:
          "Delete data that is no longer needed, compress tables, or replicate the companies in several batches; Microsoft's articles advise at most 30 GB a run. Buy capacity for what goes beyond 80 GB.",
      });
    },
  },
  {
    id: 'CMP-06',
    title: 'Every company has tables, and every table of a company its company',
    target: 'companies',
    severity: 'warns',
    code: 'CMP-06',
    rule: 'Names of tables before the last part, compared as the collation of the source does.',
    why: 'Tables are found by the name of their company; those that have none are not copied.',
    mendedBy: 'caller',
    documentation: articles.companyNames,
    evaluate: companiesAndTables,
  },
  {
    id: 'CMP-07',
    title: 'The companies that are to be migrated exist',
    target: 'companies',
    severity: 'blocks',
    code: '50003',
    rule: 'Names of the request against those of the source.',
    why: 'A company that is misspelt would be left out silently.',
    mendedBy: 'caller',
    documentation: articles.setup,
    evaluate: selectedExist,
  },
  {
    id: 'CMP-08',
    title: "The environment's database has room for the companies",
    target: 'companies',
    severity: 'blocks',
    code: '50002',
    rule: 'Used pages of the tables of companies against `MaxSizeInBytes` of the database, without what it holds already.',
    why: 'A replication that fills the database fails in the middle.',
    mendedBy: 'caller',
    documentation: articles.azureSize,
    evaluate: roomOnline,
  },
];

/** The companies that are to be migrated. */
function selectedOf({ companies, selected }: CheckInput): readonly Company[] {
  if (selected === undefined) return companies;
  const names = new Set(selected);
  return companies.filter(({ name }) => names.has(name));
}

const unseenSizes = unread('denied', 'The sizes of tables (VIEW DATABASE STATE)');

/** Undefined when the login may not see sizes. */
function sizeOf(companies: readonly Company[]): number | undefined {
  const sizes = companies.flatMap(({ sizeGigabytes }) => sizeGigabytes ?? []);
  return sizes.length < companies.length ? undefined : sizes.reduce((sum, size) => sum + size, 0);
}

function someCompany({ companies, source: { user, unmeasured } }: CheckInput): Finding {
  const gap = unmeasured['companies'];
  const values = { measured: gap ?? String(companies.length), expected: 'at least 1' };
  if (gap === 'denied') {
    return judge(false, values, {
      cause: 'The table [Company] may not be read, or there is none.',
      remedy: 'Grant the right to read it.',
      sql: `GRANT SELECT ON [dbo].[Company] TO ${quoteName(user)};`,
    });
  }
  return judge(companies.length > 0, values, {
    cause: gap === 'absent' ? 'There is no table [Company].' : 'The table [Company] is empty.',
    remedy: "Check that the connection names a tenant's database.",
    sql: allCompanies,
  });
}

function roomOnline(input: CheckInput): Finding {
  const { usedGigabytes: used, maximumGigabytes: maximum, unmeasured } = input.destination;
  if (used === null) return unread(unmeasured['room'], "The size of the environment's database");
  if (maximum === null || maximum < 0) return notNeeded('The database has no largest size.');
  const total = sizeOf(selectedOf(input));
  if (total === undefined) return unseenSizes;
  const room = Math.max(0, maximum - used);
  const values = { measured: `${total.toFixed(2)} GB of companies`, expected: `at most ${room.toFixed(2)} GB` };
  return judge(total <= room, values, {
    cause: `The environment's database may have ${maximum.toFixed(2)} GB, of which ${used.toFixed(2)} GB are taken.`,
    remedy: 'Migrate fewer companies, delete data that is no longer needed, or have the database enlarged.',
  });
}

function selectedExist({ companies, selected }: CheckInput): Finding {
  const expected = 'companies of the source';
  if (selected === undefined) return { status: 'passed', measured: 'all companies', expected };
  const names = new Set(companies.map(({ name }) => name));
  const missing = selected.filter((wanted) => !names.has(wanted));
  if (missing.length === 0) return { status: 'passed', measured: `${selected.length} companies`, expected };
  return {
    status: 'failed',
    measured: quoted(missing),
    names: missing,
    expected,
    cause: 'The source has no companies of these names.',
    remedy: 'Replay the setup with names of companies as GET …/companies lists them.',
    sql: allCompanies,
  };
}

function usableNames(input: CheckInput): Finding {
  const companies = selectedOf(input);
  const expected = 'no blank at either end, no slash, only printing characters';
  const bad = companies.map(({ name }) => name).filter((name) => name !== name.trim() || /[/\p{C}]/u.test(name));
  if (bad.length === 0) return { status: 'passed', measured: `${companies.length} names`, expected };
  return {
    status: 'failed',
    measured: quoted(bad),
    names: bad,
    expected,
    cause: 'The tables of these companies are not found under their names, so that they would be left out silently.',
    remedy: 'Rename these companies in the client, then replay the setup.',
    sql: "SELECT [Name] FROM [dbo].[Company] WHERE [Name] LIKE N' %' OR DATALENGTH([Name]) > 2 * LEN([Name]) OR [Name] LIKE N'%/%' OR [Name] LIKE N'%' + NCHAR(13) + N'%' OR [Name] LIKE N'%' + NCHAR(10) + N'%';",
  };
}

function differentNames(input: CheckInput): Finding {
  const companies = selectedOf(input);
  const groups = Map.groupBy(companies, ({ sqlName }) => sqlName.toLowerCase());
  const collisions = [...groups.values()].filter(({ length }) => length > 1);
  const expected = 'different names, also without special characters and regardless of case';
  if (collisions.length === 0) return { status: 'passed', measured: `${companies.length} names`, expected };
  return {
    status: 'failed',
    measured: listed(collisions.map((group) => group.map(({ name }) => JSON.stringify(name)).join(' = '))),
    names: collisions.flat().map(({ name }) => name),
    expected,
    cause: 'In table names, special characters become underscores; these companies would share their tables online.',
    remedy: 'Rename all but one company of each group in the client, then replay the setup.',
  };
}

function companiesAndTables(input: CheckInput): Finding {
  const { source, companies } = input;
  const { tablePrefixes } = source;
  if (tablePrefixes === null) return unread(source.unmeasured['tables'], 'The names of tables');
  const keyOf = nameKeyOf(source.collation);
  const owners = tablePrefixes.map(({ prefix }) => ownersOf(keyOf(prefix)));
  const names = new Set(companies.map(({ sqlName }) => keyOf(sqlName)));
  const withTables = new Set(owners.flat());
  const empty = selectedOf(input)
    .filter(({ sqlName }) => !withTables.has(keyOf(sqlName)))
    .map(({ name }) => name);
  const strays = tablePrefixes
    .filter((_, index) => !owners[index]?.some((owner) => names.has(owner)))
    .map(({ prefix }) => prefix);
  const expected = 'no company without tables, no tables without a company';
  if (empty.length === 0 && strays.length === 0) {
    return { status: 'passed', measured: `${companies.length} companies with tables`, expected };
  }
  const measured = [
    ...(empty.length > 0 ? [`without tables: ${quoted(empty)}`] : []),
    ...(strays.length > 0 ? [`without a company: ${quoted(strays)}`] : []),
  ];
  return {
    status: 'failed',
    measured: measured.join('; '),
    names: [...empty, ...strays],
    expected,
    cause:
      'Tables are found by the name of their company. None are copied that have no company, as after a renaming that ended early.',
    remedy: 'Complete the renaming, or delete the company, in the client; drop tables of companies that were deleted.',
  };
}

/** Names of companies to which tables with a prefix can belong: the prefix itself, or what stands before a $ of it. */
function ownersOf(prefix: string): string[] {
  const parts = prefix.split('$');
  return parts.map((_, index) => parts.slice(0, index + 1).join('$'));
}
