/** Checks of how the source's server keeps data. */
import { articles } from './articles.ts';
import { judge, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import type { StorageProbe } from './probe.ts';

export const storageChecks: readonly Check[] = [
  {
    id: 'SRV-07',
    title: 'What the source has committed is on its disk',
    target: 'source',
    severity: 'informs',
    code: 'SRV-07',
    rule: '`sys.databases`: delayed durability DISABLED, accelerated database recovery off. Otherwise: nothing to do.',
    why: 'A server that crashes loses commits that were delayed; a transaction on a table with change tracking is never.',
    mendedBy: 'caller',
    documentation: articles.durability,
    evaluate: durability,
  },
  {
    id: 'SRV-08',
    title: 'The files of the source have room',
    target: 'source',
    severity: 'warns',
    code: 'SRV-08',
    rule: '`sys.database_files`: what data files and log have unused and may grow by, as far as the disk reaches (VIEW SERVER STATE): threshold `sourceRoomWarningMegabytes`, each.',
    why: 'A log or a disk that is full stops the work of everybody in the source.',
    mendedBy: 'caller',
    documentation: articles.files,
    evaluate: room,
  },
];

function durability({ storage: { delayedDurability: delayed, acceleratedRecovery, unmeasured } }: CheckInput): Finding {
  if (delayed === null) return unread(unmeasured['durability'], 'The durability of transactions');
  const shown = { true: ', accelerated recovery on', false: ', accelerated recovery off', null: '' };
  const measured = `delayed durability ${delayed}${shown[`${acceleratedRecovery}`]}`;
  const expected = 'delayed durability DISABLED, accelerated recovery off';
  if (delayed === 'DISABLED' && acceleratedRecovery !== true) return { status: 'passed', measured, expected };
  const cause =
    'Changes are read by change tracking, whose transactions are always durable, and never from the log; accelerated recovery keeps versions of rows in the data files.';
  return { status: 'nothingToDo', measured, expected, cause };
}

function room({ storage, thresholds }: CheckInput): Finding {
  const { unmeasured, diskMegabytes: disk } = storage;
  if (unmeasured['files'] !== undefined) return unread(unmeasured['files'], 'The files of the database');
  const data = roomOf(storage, 'ROWS');
  const log = roomOf(storage, 'LOG');
  const least = thresholds.sourceRoomWarningMegabytes;
  const unseen = unmeasured['disk'];
  if (unseen !== undefined && Math.min(data, log) >= least && Math.max(data, log) === Infinity) {
    return unread(unseen, 'The room on the disk (VIEW SERVER STATE)');
  }
  const values = {
    measured: `data ${text(data)}, log ${text(log)}, disk ${disk === null ? 'not seen' : text(disk)}`,
    expected: `at least ${least} MB each`,
  };
  return judge(Math.min(data, log) >= least, values, {
    cause: 'Change tracking keeps a row for each change in the source, and each transaction goes through its log.',
    remedy: 'Make room on the disk, let the files grow further, or back up the log so that it is emptied.',
  });
}

/** Infinity: nobody has set a limit, and the disk is not seen. */
function roomOf({ files, diskMegabytes }: StorageProbe, type: 'ROWS' | 'LOG'): number {
  const ofType = files.filter((file) => file.type === type);
  const unused = ofType.reduce((sum, file) => sum + file.unused, 0);
  const growth = ofType.reduce((sum, file) => sum + (file.growth ?? Infinity), 0);
  // They share the disk.
  return unused + Math.min(growth, diskMegabytes ?? Infinity);
}

function text(megabytes: number): string {
  return megabytes === Infinity ? 'without a limit' : `${Math.floor(megabytes)} MB`;
}
