/** What subscribers learn of replication runs. Pure. */
import type { Announcement } from '../setup/events.ts';
import type { SetupRecord } from '../setup/head.ts';
import type { ReplicationRun, RunOutcome } from './run.ts';

const endings = { Succeeded: 'completed', Failed: 'failed', Canceled: 'canceled' } as const;

type Standing = Pick<SetupRecord, 'state' | 'phase'>;

/** @param tables how many the run is to copy */
export function startedAnnouncement(setup: Standing, run: ReplicationRun, tables: number): Announcement {
  return announcement(setup, 'started', { ...announcedOf(run), tables });
}

export function endedAnnouncement(setup: Standing, run: ReplicationRun, outcome: RunOutcome): Announcement {
  const { state, counts, failure } = outcome;
  return announcement(setup, endings[state], {
    ...announcedOf(run),
    ...counts,
    ...(failure === undefined ? {} : { failure }),
  });
}

function announcement({ state, phase }: Standing, what: string, data: object): Announcement {
  return { type: `com.bcmigration.setup.replication-${what}.v1`, state, phase, data };
}

function announcedOf({ number, mode, retryOf }: ReplicationRun) {
  return { run: number, mode, ...(retryOf === undefined ? {} : { retryOf }) };
}
