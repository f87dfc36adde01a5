/** Checks of the tables. */
import { articles } from './articles.ts';
import { judge, someOf, unread } from './check.ts';
import type { Check } from './check.ts';

export const tableChecks: readonly Check[] = [
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
    evaluate({ source: { tablesWithoutKey, unmeasured } }) {
      if (unmeasured['tables'] !== undefined) return unread(unmeasured['tables'], 'The keys of tables');
      const expected = 'none without a key';
      if (tablesWithoutKey.length === 0) return { status: 'passed', measured: 'none', expected };
      return {
        status: 'nothingToDo',
        measured: someOf(tablesWithoutKey),
        expected,
        cause: 'These tables are copied whole in each run.',
      };
    },
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
    evaluate({ source: { tableCount }, thresholds: { tableCountWarning } }) {
      const values = { measured: String(tableCount), expected: `at most ${tableCountWarning}` };
      return judge(tableCount <= tableCountWarning, values, {
        cause: 'Each table costs time in each replication run, even when it has not changed.',
        remedy: 'Expect longer runs; delete companies and uninstall extensions that are no longer needed.',
      });
    },
  },
  {
    id: 'TAB-06',
    title: 'Media are of a moderate size',
    target: 'source',
    severity: 'warns',
    code: 'TAB-06',
    rule: '`DATALENGTH` of `[Tenant Media].[Content]`: thresholds `mediaWarningMegabytes`, of all, and `largestMediaWarningMegabytes`, of one.',
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
