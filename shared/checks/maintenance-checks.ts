/** Checks of how the source is looked after. */
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge, notNeeded, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import { azureSqlDatabase, managedInstance } from './server-checks.ts';

export const maintenanceChecks: readonly Check[] = [
  {
    id: 'SRV-06',
    title: 'The source was backed up in full not long ago',
    target: 'source',
    severity: 'warns',
    code: 'SRV-06',
    rule: '`msdb.dbo.backupset`: a full backup within `backupAgeWarningDays`. Azure SQL makes backups by itself.',
    why: 'A migration writes into the source; going to another environment instead begins with restoring a full backup.',
    mendedBy: 'caller',
    documentation: articles.backups,
    evaluate: fullBackup,
  },
  {
    id: 'SRV-09',
    title: 'The statistics of the source are kept up to date',
    target: 'source',
    severity: 'warns',
    code: 'SRV-09',
    rule: '`AUTO_UPDATE_STATISTICS` on; `STATS_DATE`: some were updated within `statisticsAgeWarningDays`. Fragmentation is not measured: that reads every index.',
    why: 'Reading large tables by bad plans takes so long that activities time out.',
    mendedBy: 'caller',
    documentation: articles.statistics,
    evaluate: statistics,
  },
];

function fullBackup({ source, thresholds }: CheckInput): Finding {
  const { engineEdition, fullBackupAgeHours: age, recoveryModel, unmeasured } = source;
  if (engineEdition === azureSqlDatabase || engineEdition === managedInstance) {
    return notNeeded('Azure SQL makes backups by itself.');
  }
  const gap = unmeasured['backup'];
  if (gap !== undefined) return unread(gap, 'The history of backups in msdb');
  const values = {
    measured: `${age === null ? 'none known' : `${Math.floor(age / 24)} days old`}, recovery model ${recoveryModel}`,
    expected: `at most ${thresholds.backupAgeWarningDays} days old`,
  };
  return judge(age !== null && age <= 24 * thresholds.backupAgeWarningDays, values, {
    cause: 'There is no full backup to go back to, or an old one; backups by other tools may not show.',
    remedy: 'Make a full backup before the first replication.',
    sql: `BACKUP DATABASE ${quoteName(source.database)} TO DISK = N'${source.database.replaceAll("'", "''")}.bak' WITH COPY_ONLY;`,
  });
}

function statistics({ source, thresholds }: CheckInput): Finding {
  const { statisticsAgeDays: age, updatesStatistics, unmeasured } = source;
  if (age === null) return unread(unmeasured['statistics'], 'The age of statistics');
  const values = {
    measured: `newest ${age} days old, automatic update ${updatesStatistics ? 'on' : 'off'}`,
    expected: `newest at most ${thresholds.statisticsAgeWarningDays} days old, automatic update on`,
  };
  const turnOn = `ALTER DATABASE ${quoteName(source.database)} SET AUTO_UPDATE_STATISTICS ON;\n`;
  return judge(updatesStatistics && age <= thresholds.statisticsAgeWarningDays, values, {
    cause: 'Nobody keeps the statistics up to date, by which the server chooses how to read.',
    remedy: 'Update the statistics, and reorganize indexes that are fragmented, before the first replication.',
    sql: `${updatesStatistics ? '' : turnOn}EXEC sp_updatestats;`,
  });
}
