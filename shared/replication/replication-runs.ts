/**
 * Replication runs in Table Storage: a row each in the partition of their setup. The head row says which one is under way, so
 * that there is one at a time, and none while the setup is removed.
 */
import type { AuditEntry } from '../audit/audit.ts';
import { unlessMissing } from '../requests/rest-errors.ts';
import type { SetupRecord } from '../setup/head.ts';
import { milestoneColumns } from '../setup/milestone-data.ts';
import { partitionOf } from '../setup/rows.ts';
import type { SetupKey } from '../setup/rows.ts';
import type { AttemptId } from '../setup/setup.ts';
import type { MilestoneData } from '../setup/states.ts';
import { SetupWriter } from '../setup/writer.ts';
import type { Recorded } from '../setup/writer.ts';
import { rowsWithPrefix } from '../table.ts';
import { endedAnnouncement, plannedAnnouncement, startedAnnouncement } from './run-events.ts';
import { isWorking, RUN_PREFIX, runFromRow, runRow, runRowKey } from './run.ts';
import type { ReplicationRun, RunOutcome, RunWorker, WantedRun } from './run.ts';

/** What came of a request that changes a run: nothing if the setup has changed since it was read. */
export type Requested = { readonly setup: SetupRecord; readonly run: ReplicationRun } | undefined;

export class ReplicationRuns extends SetupWriter {
  /** The runs of a setup, the first one first. */
  async of(setup: SetupKey): Promise<ReplicationRun[]> {
    const rows = await rowsWithPrefix(await this.table(), partitionOf(setup), RUN_PREFIX);
    return rows.map(runFromRow);
  }

  /** Reads a run; undefined if there is none of that number. */
  async run(setup: SetupKey, number: number): Promise<ReplicationRun | undefined> {
    const table = await this.table();
    const row = await unlessMissing(() => table.getEntity(partitionOf(setup), runRowKey(number)));
    return row === undefined ? undefined : runFromRow(row);
  }

  /**
   * Accepts a run.
   * @param setup as it was read; its ETag guards the change
   * @returns undefined also if the setup is not ready, or a run is under way
   */
  async create(setup: SetupRecord, wanted: WantedRun, audit: AuditEntry): Promise<Requested> {
    if (setup.state !== 'Ready' || setup.replication?.active !== undefined) return undefined;
    const run: ReplicationRun = {
      ...wanted,
      number: (setup.replication?.run ?? 0) + 1,
      attempt: setup.attempt,
      state: 'Accepted',
      actor: audit.actor,
      historyPurged: false,
      createdAt: this.clock.now().toISOString(),
    };
    // Before the run itself: a row without a run is harmless, a run without a row would be forgotten.
    await this.active.add(setup);
    const stored = await this.write(setup, {
      head: { ...setup, replication: { run: run.number, active: { start: 1, canceling: false } } },
      others: [['create', runRow(setup, run)]],
      audit: this.auditRow(setup, audit, `replication run ${run.number}`),
    });
    if (stored === undefined) return undefined;
    // And again, if the timer has found nothing to look after meanwhile.
    await this.active.add(stored);
    return { setup: stored, run };
  }

  /** Asks for the end of the run that is under way. */
  async requestCancel(setup: SetupRecord, audit: AuditEntry): Promise<Requested> {
    const { replication } = setup;
    const run = await this.run(setup, replication?.run ?? 0);
    if (replication?.active === undefined || run === undefined) return undefined;
    const canceling: ReplicationRun = { ...run, state: 'Canceling' };
    // Its orchestration may be dead.
    await this.active.add(setup);
    const stored = await this.write(setup, {
      head: { ...setup, replication: { ...replication, active: { ...replication.active, canceling: true } } },
      others: [['update', runRow(setup, canceling), 'Merge']],
      audit: this.auditRow(setup, audit, `replication run ${run.number} is canceled`),
    });
    return stored === undefined ? undefined : { setup: stored, run: canceling };
  }

  /** Gives the run that is under way to its next orchestration. @returns undefined if the setup has changed since */
  async restart(setup: SetupRecord): Promise<SetupRecord | undefined> {
    const { replication } = setup;
    if (replication?.active === undefined) return undefined;
    const { start, canceling } = replication.active;
    return this.write(setup, {
      head: { ...setup, replication: { ...replication, active: { start: start + 1, canceling } } },
    });
  }

  /** Says that the tables were planned again for a run, before it begins. */
  async recordPlan(attempt: AttemptId, worker: RunWorker, plan: MilestoneData<'tablesPlanned'>): Promise<Recorded> {
    return this.change(attempt, async (setup) => {
      if (!isWorking(setup, worker)) return 'superseded';
      if (!setup.planOutdated) return { head: setup };
      const planned = (await this.milestonesOf(setup)).filter(({ name }) => name === 'tablesPlanned');
      return {
        head: { ...setup, planOutdated: false },
        attempt: milestoneColumns(planned.map((record) => ({ ...record, data: plan }))),
        announcement: plannedAnnouncement(setup, plan),
      };
    });
  }

  /** Says that a run has begun. Saying so again changes nothing. @param tables how many it is to copy */
  async begin(attempt: AttemptId, worker: RunWorker, tables: number): Promise<Recorded> {
    return this.change(attempt, async (setup) => {
      if (!isWorking(setup, worker)) return 'superseded';
      if (setup.replication?.active?.canceling === true) return 'canceled';
      const run = await this.requireRun(setup, worker);
      if (run.state !== 'Accepted') return { head: setup };
      const startedAt = this.clock.now().toISOString();
      return {
        head: setup,
        others: [['update', runRow(setup, { ...run, state: 'Running', startedAt }), 'Merge']],
        announcement: startedAnnouncement(setup, run, tables),
      };
    });
  }

  /** Ends a run. Saying so again changes nothing. */
  async end(attempt: AttemptId, worker: RunWorker, outcome: RunOutcome): Promise<Recorded> {
    return this.change(attempt, async (setup) => {
      const run = await this.requireRun(setup, worker);
      if (!isWorking(setup, worker)) return run.starts === worker.start ? { head: setup } : 'superseded';
      const ended: ReplicationRun = {
        ...run,
        ...outcome,
        starts: worker.start,
        endedAt: this.clock.now().toISOString(),
      };
      return {
        head: { ...setup, replication: { run: run.number } },
        others: [['update', runRow(setup, ended), 'Merge']],
        announcement: endedAnnouncement(setup, run, outcome),
      };
    });
  }

  /** Notes that the histories of a run are purged. */
  async markPurged(setup: SetupKey, number: number): Promise<void> {
    const table = await this.table();
    const row = { partitionKey: partitionOf(setup), rowKey: runRowKey(number), historyPurged: true };
    await table.updateEntity(row, 'Merge');
  }

  /** Reads a run that must be there. @throws {Error} if it is not */
  async requireRun(setup: SetupKey, { number }: Pick<RunWorker, 'number'>): Promise<ReplicationRun> {
    const run = await this.run(setup, number);
    if (run === undefined) throw new Error(`Replication run ${number} of setup ${setup.setupId} is gone`);
    return run;
  }
}
