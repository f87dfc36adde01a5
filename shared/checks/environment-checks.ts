/** Checks of the environment's database. */
import { articles } from './articles.ts';
import { judge } from './check.ts';
import type { Check } from './check.ts';
import { compatibilityLevel } from './server-checks.ts';

export const environmentChecks: readonly Check[] = [
  {
    id: 'SRV-10',
    title: "The environment's database is online and can be written",
    target: 'destination',
    severity: 'blocks',
    code: 'SRV-10',
    rule: '`sys.databases`: ONLINE; `Updateability`: READ_WRITE.',
    why: 'The setup creates tables and procedures in it.',
    mendedBy: 'operator',
    documentation: articles.databaseStates,
    evaluate({ destination: { state, isReadOnly } }) {
      const values = {
        measured: `${state}, ${isReadOnly ? 'READ_ONLY' : 'READ_WRITE'}`,
        expected: 'ONLINE, READ_WRITE',
      };
      return judge(state === 'ONLINE' && !isReadOnly, values, {
        cause: 'Nothing can be created in the database of the environment.',
        remedy: 'Wait until the environment is active again; register its primary database, not a replica.',
      });
    },
  },
  {
    id: 'SRV-11',
    title: "The environment's database has a sufficient compatibility level",
    target: 'destination',
    severity: 'blocks',
    code: 'SRV-11',
    rule: '`sys.databases`: threshold `minimumCompatibilityLevel`.',
    why: 'The procedures of the setup use functions that older levels do not offer.',
    mendedBy: 'operator',
    documentation: articles.compatibilityLevel,
    evaluate: ({ destination, thresholds }) => compatibilityLevel(destination, thresholds.minimumCompatibilityLevel),
  },
];
