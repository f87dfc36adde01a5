/** What subscribers learn of replication runs. Pure. */
import type { Announcement } from '../setup/events.ts';
import type { SetupRecord } from '../setup/head.ts';
import type { MilestoneData } from '../setup/states.ts';
import type { ReplicationRun, RunOutcome } from './run.ts';

const endings = {
  Succeeded: 'replication-completed',
  Failed: 'replication-failed',
  Canceled: 'replication-canceled',
} as const;

type Standing = Pick<SetupRecord, 'state' | 'phase'>;

/** @param tables how many the run is to copy */
export function startedAnnouncement(setup: Standing, run: ReplicationRun, tables: number): Announcement {
  return announcement(setup, 'replication-started', { ...announcedOf(run), tables });
}

export function endedAnnouncement(setup: Standing, run: ReplicationRun, outcome: RunOutcome): Announcement {
  const { state, counts, failure } = outcome;
  return announcement(setup, endings[state], {
    ...announcedOf(run),
    ...counts,
    ...(failure === undefined ? {} : { failure }),
  });
}

/** Says once more what `tables-planned` says, of the plan that a run begins with. */
export function plannedAnnouncement({ state, phase }: Standing, data: MilestoneData<'tablesPlanned'>): Announcement {
  return announcement({ state, phase }, 'tables-planned', data);
}

function announcement({ state, phase }: Standing, what: string, data: object): Announcement {
  return { type: `com.bcmigration.setup.${what}.v1`, state, phase, data };
}

function announcedOf({ number, mode, retryOf }: ReplicationRun) {
  return { run: number, mode, ...(retryOf === undefined ? {} : { retryOf }) };
}
