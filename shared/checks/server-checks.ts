/** Checks of the integration runtime, the servers and the rights on them. */
import type { Check, CheckInput, Finding } from './check.ts';
import { quoteName } from '../sql/quote-name.ts';
import { compareVersions } from './version-checks.ts';

const administration = 'https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration';
const prerequisites = `${administration}/cloud-migration-prerequisites`;
const troubleshooting = `${administration}/migration-troubleshooting`;

const azureSqlDatabase = 5;
const managedInstance = 8;
/** SQL Server 2016 with Service Pack 1. */
const minimumServerVersion = '13.0.4001.0';

export const serverChecks: readonly Check[] = [
  {
    id: 'NET-01',
    title: 'The self-hosted integration runtime has a node online',
    target: 'runtime',
    severity: 'blocks',
    code: '52071',
    documentation: troubleshooting,
    evaluate({ runtime, sourceKind }) {
      if (sourceKind === 'AzureSql') return { status: 'skipped', cause: 'The source needs no self-hosted runtime.' };
      const { name, online, nodes } = runtime ?? { name: 'the runtime', online: false, nodes: [] };
      const names = nodes.map((node) => `${node.name} ${node.version}`).join(', ') || 'no node';
      const measured = `${online ? 'online' : 'offline'}: ${names}`;
      const expected = 'online, at least one node';
      if (online && nodes.length > 0) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: `No node of ${name} is connected.`,
        remedy:
          'Start the service "Integration Runtime Service" on its machine, keep the machine from sleeping, and allow it out on port 443.',
      };
    },
  },
  {
    id: 'SRV-01',
    title: 'The source runs on a supported server',
    target: 'source',
    severity: 'blocks',
    code: 'SRV-01',
    documentation: prerequisites,
    evaluate({ source }) {
      const measured = `${source.edition}, ${source.productVersion}`;
      const expected = `SQL Server 2016 SP1 (${minimumServerVersion}) or later, or Azure SQL Database`;
      if (source.engineEdition === managedInstance) {
        return {
          status: 'failed',
          severity: 'warns',
          measured,
          expected,
          cause: 'Azure SQL Managed Instance is not among the sources that the migration is documented for.',
          remedy: 'Rehearse with a copy, or restore the database on SQL Server or Azure SQL Database.',
        };
      }
      if (
        source.engineEdition === azureSqlDatabase ||
        compareVersions(source.productVersion, minimumServerVersion) >= 0
      ) {
        return { status: 'passed', measured, expected };
      }
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'The server is older than the migration supports.',
        remedy: 'Install the service pack or upgrade the server, or restore the database on a newer one.',
      };
    },
  },
  {
    id: 'SRV-02',
    title: 'The source database has a sufficient compatibility level',
    target: 'source',
    severity: 'blocks',
    code: '50001',
    documentation: troubleshooting,
    evaluate: ({ source, thresholds }) => compatibilityLevel(source, thresholds.minimumCompatibilityLevel),
  },
  {
    id: 'SRV-03',
    title: 'The source database is online for several users and can be written',
    target: 'source',
    severity: 'blocks',
    code: 'SRV-03',
    documentation: 'https://learn.microsoft.com/sql/relational-databases/databases/database-states',
    evaluate({ source }) {
      const name = quoteName(source.database);
      const measured = `${source.state}, ${access(source.isReadOnly)}, ${source.userAccess}`;
      const expected = 'ONLINE, READ_WRITE, MULTI_USER';
      const changes = [
        ...(source.isReadOnly ? [`ALTER DATABASE ${name} SET READ_WRITE;`] : []),
        ...(source.userAccess === 'MULTI_USER' ? [] : [`ALTER DATABASE ${name} SET MULTI_USER;`]),
        ...(source.state === 'ONLINE' ? [] : [`ALTER DATABASE ${name} SET ONLINE;`]),
      ];
      if (changes.length === 0) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause:
          'The setup creates procedures in the source and replications turn on change tracking, while others use it.',
        remedy: 'Change the state of the database. A secondary replica cannot be a source: name the primary.',
        sql: changes.join('\n'),
      };
    },
  },
  {
    id: 'SRV-04',
    title: 'Change tracking keeps changes long enough',
    target: 'source',
    severity: 'blocks',
    code: '50020',
    documentation: troubleshooting,
    evaluate: changeTracking,
  },
  {
    id: 'SRV-05',
    title: 'Both databases compare text alike',
    target: 'source',
    severity: 'informs',
    code: 'SRV-05',
    documentation: 'https://learn.microsoft.com/sql/relational-databases/collations/collation-and-unicode-support',
    evaluate({ source, destination }) {
      const measured = `${source.collation ?? 'unknown'}, environment ${destination.collation ?? 'unknown'}`;
      const expected = 'the same sensitivity to case on both sides';
      if (isCaseSensitive(source.collation) === isCaseSensitive(destination.collation)) {
        return { status: 'passed', measured, expected };
      }
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'Keys that differ only in case are different on one side and equal on the other.',
        remedy: 'Look for keys that differ only in case before data is migrated.',
      };
    },
  },
  {
    id: 'SRV-10',
    title: "The environment's database is online and can be written",
    target: 'destination',
    severity: 'blocks',
    code: 'SRV-10',
    documentation: 'https://learn.microsoft.com/sql/relational-databases/databases/database-states',
    evaluate({ destination }) {
      const measured = `${destination.state}, ${access(destination.isReadOnly)}`;
      const expected = 'ONLINE, READ_WRITE';
      if (destination.state === 'ONLINE' && !destination.isReadOnly) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'The setup creates tables and procedures in the database of the environment.',
        remedy: 'Wait until the environment is active again; name its primary database, not a replica.',
      };
    },
  },
  {
    id: 'SRV-11',
    title: "The environment's database has a sufficient compatibility level",
    target: 'destination',
    severity: 'blocks',
    code: 'SRV-11',
    documentation: 'https://learn.microsoft.com/sql/t-sql/statements/alter-database-transact-sql-compatibility-level',
    evaluate: ({ destination, thresholds }) => compatibilityLevel(destination, thresholds.minimumCompatibilityLevel),
  },
  {
    id: 'AUT-03',
    title: 'The login has the rights that the setup needs on the source',
    target: 'source',
    severity: 'blocks',
    code: 'AUT-03',
    documentation: prerequisites,
    evaluate: sourceRights,
  },
  {
    id: 'AUT-06',
    title: "The service's identity controls the environment's database",
    target: 'destination',
    severity: 'blocks',
    code: 'AUT-06',
    documentation:
      'https://learn.microsoft.com/sql/relational-databases/security/authentication-access/database-level-roles',
    evaluate({ destination }) {
      const measured = `${destination.user}: CONTROL ${destination.hasControl === true ? 'yes' : 'no'}`;
      const expected = 'CONTROL yes';
      if (destination.hasControl === true) return { status: 'passed', measured, expected };
      return {
        status: 'failed',
        measured,
        expected,
        cause: 'Without the right, tables and procedures cannot be created.',
        remedy: "Add the data factory's managed identity to the role db_owner, as an administrator of the server.",
        sql: `ALTER ROLE [db_owner] ADD MEMBER ${quoteName(destination.user)};`,
      };
    },
  },
];

function access(isReadOnly: boolean): string {
  return isReadOnly ? 'READ_ONLY' : 'READ_WRITE';
}

function isCaseSensitive(collation: string | null): boolean {
  return /_(CS|BIN2?)(_|$)/.test(collation ?? '');
}

function compatibilityLevel(
  { database, compatibilityLevel: level }: { readonly database: string; readonly compatibilityLevel: number },
  minimum: number,
): Finding {
  const measured = String(level);
  const expected = `${minimum} or higher`;
  if (level >= minimum) return { status: 'passed', measured, expected };
  return {
    status: 'failed',
    measured,
    expected,
    cause: "The setup's procedures use functions that the database does not offer at its compatibility level.",
    remedy: 'Raise the compatibility level of the database.',
    sql: `ALTER DATABASE ${quoteName(database)} SET COMPATIBILITY_LEVEL = ${minimum};`,
  };
}

function changeTracking({ source, thresholds }: CheckInput): Finding {
  const days = source.changeTrackingRetentionDays ?? 0;
  const minimum = thresholds.minimumRetentionDays;
  const expected = `on, at least ${minimum} days, automatic clean-up`;
  const database = `ALTER DATABASE ${quoteName(source.database)} SET CHANGE_TRACKING`;
  if (!source.changeTrackingOn) {
    return {
      status: 'failed',
      severity: 'informs',
      measured: 'off',
      expected,
      cause: 'Change tracking was never turned on.',
      remedy: 'Nothing to do: the first replication turns it on, with 3 days and automatic clean-up.',
    };
  }
  const autoCleanup = source.changeTrackingAutoCleanup === true;
  const measured = `on, ${days} days, ${autoCleanup ? 'automatic clean-up' : 'no automatic clean-up'}`;
  if (days < minimum) {
    return {
      status: 'failed',
      measured,
      expected,
      cause: 'Changes are forgotten before the next replication run can read them.',
      remedy: 'Raise the retention before the setup; raising it later makes the next run copy every table whole again.',
      sql: `${database} (CHANGE_RETENTION = ${Math.ceil(minimum)} DAYS, AUTO_CLEANUP = ON);`,
    };
  }
  if (autoCleanup) return { status: 'passed', measured, expected };
  return {
    status: 'failed',
    severity: 'warns',
    measured,
    expected,
    cause: 'The record of changes grows without end.',
    remedy: 'Turn automatic clean-up on.',
    sql: `${database} (AUTO_CLEANUP = ON);`,
  };
}

/** What the setup and the replication do with the right CONTROL, for those who grant rights one by one. */
const usedRights =
  'CONNECT, SELECT, ALTER, CREATE SCHEMA, CREATE TABLE, CREATE PROCEDURE, EXECUTE, VIEW CHANGE TRACKING';

function sourceRights({ source }: CheckInput): Finding {
  const knowsSysadmin = source.engineEdition !== azureSqlDatabase;
  const yesNo = (has: boolean | null) => (has === true ? 'yes' : 'no');
  const sysadmin = knowsSysadmin ? `, sysadmin ${yesNo(source.isSysadmin)}` : '';
  const measured = `CONTROL ${yesNo(source.hasControl)}${sysadmin}`;
  const expected = `CONTROL yes${knowsSysadmin ? ', sysadmin yes' : ''}`;
  if (source.hasControl !== true) {
    return {
      status: 'failed',
      measured,
      expected,
      cause: `The login ${source.login} does not control the database.`,
      remedy: 'Add the user to the role db_owner, or connect as another one. It can be taken away after the migration.',
      sql: `ALTER ROLE [db_owner] ADD MEMBER ${quoteName(source.user)};`,
    };
  }
  if (!knowsSysadmin || source.isSysadmin === true) return { status: 'passed', measured, expected };
  return {
    status: 'failed',
    severity: 'warns',
    measured,
    expected,
    cause: `The login ${source.login} lacks sysadmin, which Microsoft's instructions ask for.`,
    remedy: `Nothing to do for this service: CONTROL on the database has all that it uses (${usedRights}). Other tools of the migration may need the role.`,
    sql: `ALTER SERVER ROLE [sysadmin] ADD MEMBER ${quoteName(source.login)};`,
  };
}
