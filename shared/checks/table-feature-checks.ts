/** Checks of what tables are beside their columns. */
import { articles } from './articles.ts';
import { judge, someOf, unread } from './check.ts';
import type { Check } from './check.ts';
import { ofTables } from './unseen.ts';

export const tableFeatureChecks: readonly Check[] = [
  {
    id: 'TAB-05',
    title: 'No table has features that hinder a copy of its changes',
    target: 'source',
    severity: 'warns',
    code: 'TAB-05',
    rule: '`sys.tables`, `sys.columns`, of tables of companies and apps: memory-optimized, the history of a temporal table, masked for a login without UNMASK.',
    why: 'Changes of the first two are not tracked; of a masked column the mask is copied.',
    mendedBy: 'caller',
    documentation: articles.changeTracking,
    evaluate: ofTables(({ storage: { specialTables, unmeasured } }) => {
      if (unmeasured['tables'] !== undefined) return unread(unmeasured['tables'], 'The features of tables');
      const values = { measured: someOf(specialTables) || 'none', expected: 'none with such a feature' };
      return judge(specialTables.length === 0, values, {
        cause:
          'Business Central makes no such tables. Of these, changes are not tracked, or masks are copied for values.',
        remedy: 'Have the feature removed by who has added it; against masks, grant the right UNMASK to the login.',
      });
    }),
  },
  {
    id: 'TAB-07',
    title: 'The names of tables have no characters that scripts trip over',
    target: 'source',
    severity: 'informs',
    code: 'TAB-07',
    rule: '`sys.tables`: quotation marks, `;`, `\\`, `--`, tabs and line breaks in names. Others: nothing to do.',
    why: "This service quotes every name; other people's scripts may not.",
    mendedBy: 'caller',
    documentation: articles.identifiers,
    evaluate: ofTables(({ storage: { oddNames, unmeasured } }) => {
      if (unmeasured['tables'] !== undefined) return unread(unmeasured['tables'], 'The names of tables');
      const expected = 'none with such a name';
      if (oddNames.length === 0) return { status: 'passed', measured: 'none', expected };
      const cause = 'Names are quoted wherever they are used, so that these tables are treated as all others.';
      return { status: 'nothingToDo', measured: someOf(oddNames), expected, cause };
    }),
  },
  {
    id: 'TAB-08',
    title: "No table of the environment's database has a trigger",
    target: 'destination',
    severity: 'warns',
    code: 'TAB-08',
    rule: '`sys.triggers`: none that is enabled.',
    why: 'A trigger fires on what a replication writes, and may refuse or change it.',
    mendedBy: 'operator',
    documentation: articles.triggers,
    evaluate({ destination: { triggers, unmeasured } }) {
      if (unmeasured['triggers'] !== undefined) return unread(unmeasured['triggers'], 'The triggers of tables');
      const values = { measured: someOf(triggers) || 'none', expected: 'none' };
      return judge(triggers.length === 0, values, {
        cause: 'Business Central online makes no triggers; these fire on what a replication writes.',
        remedy: 'Find out who has made them, and disable them until the migration has ended.',
      });
    },
  },
];
