/** Checks of the source's server and database. */
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import { compareVersions } from './versions.ts';

export const azureSqlDatabase = 5;
export const managedInstance = 8;
/** SQL Server 2016 with Service Pack 1. */
const minimumServerVersion = '13.0.4001.0';

export const serverChecks: readonly Check[] = [
  {
    id: 'SRV-01',
    title: 'The source runs on a supported server',
    target: 'source',
    severity: 'blocks',
    code: 'SRV-01',
    rule: '`SERVERPROPERTY`: at least 13.0.4001, or engine edition 5. Managed Instance (8) only warns: it is untested.',
    why: 'The migration is documented for SQL Server 2016 SP1 and later and for Azure SQL Database.',
    mendedBy: 'caller',
    documentation: articles.prerequisites,
    evaluate: ({ source }) => {
      const values = {
        measured: `${source.edition}, ${source.productVersion}`,
        expected: `SQL Server 2016 SP1 (${minimumServerVersion}) or later, or Azure SQL Database`,
      };
      if (source.engineEdition === managedInstance) {
        return judge(false, values, {
          severity: 'warns',
          cause: 'Azure SQL Managed Instance is not among the sources that the migration is documented for.',
          remedy: 'Rehearse with a copy, or restore the database on SQL Server or Azure SQL Database.',
        });
      }
      const isNewEnough = compareVersions(source.productVersion, minimumServerVersion) >= 0;
      return judge(source.engineEdition === azureSqlDatabase || isNewEnough, values, {
        cause: 'The server is older than the migration supports.',
        remedy: 'Install the service pack or upgrade the server, or restore the database on a newer one.',
      });
    },
  },
  {
    id: 'SRV-02',
    title: 'The source database has a sufficient compatibility level',
    target: 'source',
    severity: 'blocks',
    code: '50001',
    rule: '`sys.databases`: threshold `minimumCompatibilityLevel`.',
    why: 'The procedures of the setup use functions that older levels do not offer.',
    mendedBy: 'caller',
    documentation: articles.troubleshooting,
    evaluate: ({ source, thresholds }) => compatibilityLevel(source, thresholds.minimumCompatibilityLevel),
  },
  {
    id: 'SRV-03',
    title: 'The source database is online for several users and can be written',
    target: 'source',
    severity: 'blocks',
    code: 'SRV-03',
    rule: '`sys.databases`: ONLINE, MULTI_USER; `Updateability`: READ_WRITE, which a secondary replica has not.',
    why: 'The setup creates procedures in the source, and replications turn on change tracking, while others use it.',
    mendedBy: 'caller',
    documentation: articles.databaseStates,
    evaluate({ source }) {
      const name = quoteName(source.database);
      const changes = [
        ...(source.isReadOnly ? [`ALTER DATABASE ${name} SET READ_WRITE;`] : []),
        ...(source.userAccess === 'MULTI_USER' ? [] : [`ALTER DATABASE ${name} SET MULTI_USER;`]),
        ...(source.state === 'ONLINE' ? [] : [`ALTER DATABASE ${name} SET ONLINE;`]),
      ];
      const values = {
        measured: `${source.state}, ${source.isReadOnly ? 'READ_ONLY' : 'READ_WRITE'}, ${source.userAccess}`,
        expected: 'ONLINE, READ_WRITE, MULTI_USER',
      };
      return judge(changes.length === 0, values, {
        cause: 'Procedures cannot be created in the database, or nobody else could use it meanwhile.',
        remedy: 'Change the state of the database. A secondary replica cannot be a source: name the primary.',
        sql: changes.join('\n'),
      });
    },
  },
  {
    id: 'SRV-04',
    title: 'Change tracking keeps changes long enough',
    target: 'source',
    severity: 'blocks',
    code: '50020',
    rule: '`sys.change_tracking_databases`: kept for `minimumRetentionDays`; without automatic clean-up it warns; off: nothing to do.',
    why: 'Changes that were forgotten before a replication run make it copy the tables whole again.',
    mendedBy: 'caller',
    documentation: articles.troubleshooting,
    evaluate: changeTracking,
  },
  {
    id: 'SRV-05',
    title: 'Both databases compare text alike',
    target: 'source',
    severity: 'warns',
    code: 'SRV-05',
    rule: 'Collations of both databases: sensitive to case, accents, kana and width alike. It warns if the source tells apart by case what the environment does not, else it informs.',
    why: 'Keys that are different on one side and equal on the other collide, or are not found.',
    mendedBy: 'caller',
    documentation: articles.collations,
    evaluate: collations,
  },
];

/** For both sides. */
export function compatibilityLevel(
  { database, compatibilityLevel: level }: { readonly database: string; readonly compatibilityLevel: number },
  minimum: number,
): Finding {
  const values = { measured: String(level), expected: `${minimum} or higher` };
  return judge(level >= minimum, values, {
    cause: "The setup's procedures use functions that the database does not offer at its compatibility level.",
    remedy: 'Raise the compatibility level of the database.',
    sql: `ALTER DATABASE ${quoteName(database)} SET COMPATIBILITY_LEVEL = ${minimum};`,
  });
}

function changeTracking({ source, thresholds }: CheckInput): Finding {
  const days = source.changeTrackingRetentionDays ?? 0;
  const minimum = thresholds.minimumRetentionDays;
  const expected = `on, at least ${minimum} days, automatic clean-up`;
  if (!source.changeTrackingOn) {
    const cause = 'The first replication turns it on, with 3 days and automatic clean-up.';
    return { status: 'nothingToDo', measured: 'off', expected, cause };
  }
  const autoCleanup = source.changeTrackingAutoCleanup === true;
  const measured = `on, ${days} days, ${autoCleanup ? 'automatic clean-up' : 'no automatic clean-up'}`;
  const alter = `ALTER DATABASE ${quoteName(source.database)} SET CHANGE_TRACKING`;
  if (days >= minimum) {
    return judge(
      autoCleanup,
      { measured, expected },
      {
        severity: 'warns',
        cause: 'The record of changes grows without end.',
        remedy: 'Turn automatic clean-up on.',
        sql: `${alter} (AUTO_CLEANUP = ON);`,
      },
    );
  }
  return judge(
    false,
    { measured, expected },
    {
      cause: 'Changes are forgotten before the next replication run can read them.',
      remedy: 'Raise the retention before the setup; raising it later makes the next run copy every table whole again.',
      sql: `${alter} (CHANGE_RETENTION = ${Math.ceil(minimum)} DAYS, AUTO_CLEANUP = ON);`,
    },
  );
}

function collations({ source, destination }: CheckInput): Finding {
  const values = {
    measured: `${source.collation ?? 'unknown'}, environment ${destination.collation ?? 'unknown'}`,
    expected: 'the same sensitivity to case, accents, kana and width on both sides',
  };
  const [here, there] = [sensitivitiesOf(source.collation), sensitivitiesOf(destination.collation)];
  const different = sensitivities.map(([, name]) => name).filter((name) => here.has(name) !== there.has(name));
  const collides = here.has('case') && !there.has('case');
  return judge(different.length === 0, values, {
    severity: collides ? 'warns' : 'informs',
    cause: `Texts that differ only in ${different.join(', ')} are different on one side and equal on the other.`,
    remedy: collides
      ? 'Look for keys that differ only in case before data is migrated: of two such rows, one is refused online.'
      : 'Look for keys that differ only in that before data is migrated, if there can be any.',
  });
}

/** By what a collation can tell texts apart, and the mark of it in its name. */
const sensitivities = [
  ['CS', 'case'],
  ['AS', 'accents'],
  ['KS', 'kana'],
  ['WS', 'width'],
] as const;

/** What a collation tells apart; a binary one everything. */
function sensitivitiesOf(collation: string | null): ReadonlySet<string> {
  const parts = new Set((collation ?? '').toUpperCase().split('_'));
  const isBinary = parts.has('BIN') || parts.has('BIN2');
  return new Set(sensitivities.flatMap(([mark, name]) => (isBinary || parts.has(mark) ? [name] : [])));
}
