/** Checks of the tables. */
import { articles } from './articles.ts';
import { judge, listed, someOf, unread } from './check.ts';
import type { Check, Finding } from './check.ts';
import type { LeftOutTables } from '../plan/left-out.ts';
import { ofCompanies, ofTables } from './unseen.ts';

export const tableChecks: readonly Check[] = [
  {
    id: 'TAB-01',
    title: 'Every table that has rows exists online',
    target: 'destination',
    severity: 'warns',
    code: '50004',
    rule: 'The plan of the tables, made from both catalogues: tables with rows that no table online takes.',
    why: 'Their data is not migrated.',
    mendedBy: 'caller',
    documentation: articles.tableDefinitions,
    evaluate: ofPlan((leftOut) => {
      const { tables, rows, names } = leftOut['50004'];
      const expected = 'none left out';
      if (rows === 0) return { status: 'passed', measured: 'none with rows', expected };
      return {
        status: 'failed',
        measured: `tables ${tables}, rows ${rows}: ${listed(names)}`,
        names,
        expected,
        cause: 'The environment has no tables of these names, so that their data is not migrated.',
        remedy:
          'Install or update the app that has them online, or map them to other tables (tableMappings), if their data is wanted.',
      };
    }),
  },
  {
    id: 'TAB-02',
    title: 'The definitions of tables fit together',
    target: 'destination',
    severity: 'warns',
    code: '50011',
    rule: 'The plan of the tables, made from both catalogues: key columns, types and lengths of each column. PK: the column is in the key of one side only; T: another type; L: shorter online.',
    why: 'A table that does not fit is left out, and the others go on.',
    mendedBy: 'caller',
    documentation: articles.tableDefinitions,
    evaluate: ofPlan((leftOut) => {
      const [kind, columns] = [leftOut['50005'], leftOut['50011']];
      const names = [...columns.names, ...kind.names];
      const expected = 'none that does not fit';
      if (names.length === 0) return { status: 'passed', measured: 'none', expected };
      return {
        status: 'failed',
        measured: `tables ${kind.tables + columns.tables}, rows ${kind.rows + columns.rows}: ${listed(names)}`,
        names,
        expected,
        cause:
          'These tables have other columns online (PK: in the key of one side only; T: of another type; L: shorter online), or are of a company on one side only; they are left out.',
        remedy: 'Change the definition of the table on one side, by its app, or update the app that is older.',
      };
    }),
  },
  {
    id: 'TAB-03',
    title: 'Every table of Business Central has a primary key',
    target: 'source',
    severity: 'informs',
    code: 'TAB-03',
    rule: '`sys.indexes`, of tables of companies and apps. Without a key: nothing to do.',
    why: 'Changes are tracked by the primary key; a table without one is copied whole in each run.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate: ofTables(({ source: { tablesWithoutKey, unmeasured } }) => {
      if (unmeasured['tables'] !== undefined) return unread(unmeasured['tables'], 'The keys of tables');
      const expected = 'none without a key';
      if (tablesWithoutKey.length === 0) return { status: 'passed', measured: 'none', expected };
      return {
        status: 'nothingToDo',
        measured: someOf(tablesWithoutKey),
        expected,
        cause: 'These tables are copied whole in each run.',
      };
    }),
  },
  {
    id: 'TAB-04',
    title: 'The number of tables is moderate',
    target: 'source',
    severity: 'warns',
    code: 'TAB-04',
    rule: '`sys.tables`: threshold `tableCountWarning`.',
    why: 'Each table costs time in each replication run, even when it has not changed.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate: ofTables(({ source: { tableCount }, thresholds: { tableCountWarning } }) => {
      const values = { measured: String(tableCount), expected: `at most ${tableCountWarning}` };
      return judge(tableCount <= tableCountWarning, values, {
        cause: 'Each table costs time in each replication run, even when it has not changed.',
        remedy: 'Expect longer runs; delete companies and uninstall extensions that are no longer needed.',
      });
    }),
  },
  {
    id: 'TAB-06',
    title: 'Media are of a moderate size',
    target: 'source',
    severity: 'warns',
    code: 'TAB-06',
    rule: '`DATALENGTH` of `[Tenant Media].[Content]`, of 9,999 rows at most: thresholds `mediaWarningMegabytes`, of all, and `largestMediaWarningMegabytes`, of one.',
    why: 'Partners report that large media time out, or are not copied.',
    mendedBy: 'caller',
    documentation: articles.cleaning,
    evaluate({ source, thresholds }) {
      const gap = source.unmeasured['media'];
      if (gap !== undefined) return unread(gap, 'The table [Tenant Media]');
      const [all, largest] = [source.mediaMegabytes ?? 0, source.largestMediaMegabytes ?? 0];
      const { mediaWarningMegabytes: mostOfAll, largestMediaWarningMegabytes: mostOfOne } = thresholds;
      const values = {
        measured: `${all.toFixed(1)} MB, the largest ${largest.toFixed(1)} MB`,
        expected: `at most ${mostOfAll} MB, the largest at most ${mostOfOne} MB`,
      };
      return judge(all <= mostOfAll && largest <= mostOfOne, values, {
        cause: 'Pictures and documents of this size take long to copy, or are refused.',
        remedy: 'Delete media that no record uses any more in the client, and make large ones smaller.',
      });
    },
  },
];

/** A check of the plan, which tells tables by their companies. */
function ofPlan(evaluate: (leftOut: LeftOutTables) => Finding): Check['evaluate'] {
  const noPlan = unread(undefined, 'How tables fit together (AUT-07)');
  return ofCompanies(ofTables(({ leftOut }) => (leftOut === undefined ? noPlan : evaluate(leftOut))));
}
