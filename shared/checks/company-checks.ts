/** Checks of the companies and their names. */
import { nameKeyOf } from '../sql/collation.ts';
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge, listed, quoted, selectedOf, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import { ofCompanies, ofTables } from './unseen.ts';

const allCompanies = 'SELECT [Name] FROM [dbo].[Company];';

export const companyChecks: readonly Check[] = [
  {
    id: 'CMP-01',
    title: 'The source has at least one company, and not too many',
    target: 'companies',
    severity: 'blocks',
    code: '50003',
    rule: '`[Company]`: 1 to 5,000 rows.',
    why: 'Without one there is nothing to migrate; of more, Data Factory lists only the first 5,000.',
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
    evaluate: ofCompanies(usableNames),
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
    evaluate: ofCompanies(differentNames),
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
    evaluate: ofCompanies(ofTables(companiesAndTables)),
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
    evaluate: ofCompanies(selectedExist),
  },
];

/** A Lookup gives no more: https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity#supported-capabilities */
const MOST_COMPANIES = 5_000;

function someCompany({ companies, unlistedCompanies, source: { user, unmeasured } }: CheckInput): Finding {
  const gap = unmeasured['companies'];
  const total = companies.length + unlistedCompanies;
  const values = { measured: gap ?? String(total), expected: `1 to ${MOST_COMPANIES}` };
  if (gap === 'denied') {
    return judge(false, values, {
      cause: 'The table [Company] may not be read, or there is none.',
      remedy: 'Grant the right to read it.',
      sql: `GRANT SELECT ON [dbo].[Company] TO ${quoteName(user)};`,
    });
  }
  if (total > MOST_COMPANIES) {
    return judge(false, values, {
      cause: `Data Factory lists the first ${MOST_COMPANIES} companies only; the others would be taken for tables without a company. Choosing fewer to be migrated does not help, as all are listed.`,
      remedy: `Delete companies that are no longer needed in the client, or move some to a database of their own, until there are at most ${MOST_COMPANIES}.`,
      sql: allCompanies,
    });
  }
  return judge(total > 0, values, {
    cause: gap === 'absent' ? 'There is no table [Company].' : 'The table [Company] is empty.',
    remedy: "Check that the connection names a tenant's database.",
    sql: allCompanies,
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
