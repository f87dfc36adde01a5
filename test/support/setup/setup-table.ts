/** Setups in Table Storage, at a time that the test moves. */
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { TableClient } from '@azure/data-tables';
import type { Clock } from '../../../shared/clock.ts';
import type { AuditRecord } from '../../../shared/audit/audit.ts';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { EndedBook } from '../../../shared/retention/ended-book.ts';
import { ActiveSetups } from '../../../shared/setup/active.ts';
import type { ActiveSetup } from '../../../shared/setup/active.ts';
import { Findings } from '../../../shared/setup/findings.ts';
import type { AttemptId } from '../../../shared/setup/setup.ts';
import type { Milestone, Phase } from '../../../shared/setup/states.ts';
import { SetupIndex } from '../../../shared/setup/setup-index.ts';
import { ReplicationRuns } from '../../../shared/replication/replication-runs.ts';
import { SetupStore } from '../../../shared/setup/store.ts';
import type { SetupRecord } from '../../../shared/setup/store.ts';
import type { Recorded } from '../../../shared/setup/writer.ts';
import type { Tables } from '../tables.ts';
import { audit, newSetup } from './stored-setup.ts';

export const START = '2026-11-24T10:00:00.000Z';
/** The first attempt of `newSetup`. */
export const firstAttempt: AttemptId = { tenantId: newSetup.tenantId, setupId: newSetup.setupId, attempt: 1 };

export interface SetupTable {
  readonly store: SetupStore;
  readonly replicationRuns: ReplicationRuns;
  readonly active: ActiveSetups;
  readonly index: SetupIndex;
  readonly ended: EndedBook;
  readonly findings: Findings;
  /** The table of the setups, as it is. */
  readonly table: TableClient;
  readonly clock: Clock;
  passSeconds(seconds: number): void;
  /** Creates `newSetup`, and records milestones of its first attempt. */
  createAt(milestones: readonly Milestone[]): Promise<SetupRecord>;
  /** Begins the next attempt of `newSetup`, with the request that it has. */
  replay(setup: SetupRecord, from: Phase): Promise<SetupRecord | undefined>;
  /** Every setup that still needs something, by its time. */
  noted(): Promise<ActiveSetup[]>;
  /** What the audit log has, oldest first. */
  audits(): Promise<AuditRecord[]>;
  /** The rows of the setups whose keys begin so, in their order. */
  rows(prefix: string): Promise<Readonly<Record<string, unknown>>[]>;
}

/**
 * Makes new tables. `policy` sees the calls on the table of the setups, `indexPolicy` those on their index, `auditPolicy`
 * those on the audit log.
 */
export function newSetupTable(
  tables: Pick<Tables, 'table'>,
  policy?: PipelinePolicy,
  indexPolicy?: PipelinePolicy,
  auditPolicy?: PipelinePolicy,
): SetupTable {
  let now = new Date(START);
  const clock = { now: () => now };
  const table = tables.table(policy);
  const activeRows = tables.table();
  const active = new ActiveSetups(activeRows, clock);
  // By then every setup is due.
  const atTheEnd = new ActiveSetups(activeRows, { now: () => new Date('9999-01-01') });
  const index = new SetupIndex(tables.table(indexPolicy));
  const log = new AuditLog(tables.table(auditPolicy));
  const eventSource = 'https://migration.example.com';
  const written = { setups: table, active, index, audit: log, clock, eventSource };
  const store = new SetupStore(written);
  return {
    store,
    replicationRuns: new ReplicationRuns(written),
    active,
    index,
    ended: new EndedBook(tables.table()),
    findings: new Findings(table),
    table,
    clock,
    passSeconds(seconds) {
      now = new Date(now.getTime() + seconds * 1000);
    },
    async createAt(milestones) {
      let setup = await store.create(newSetup, audit);
      for (const milestone of milestones) setup = recorded(await store.record(firstAttempt, milestone));
      return setup ?? store.require(newSetup);
    },
    replay(setup, from) {
      const { attempt: replayOf } = setup;
      const requestId = `replay-${replayOf}`;
      return store.beginNext(setup, newSetup, { from, replayOf, audit: { ...audit, action: 'replay', requestId } });
    },
    noted: () => atTheEnd.due(),
    async audits() {
      const { values } = await log.page({}, 100);
      return values.toReversed();
    },
    async rows(prefix) {
      const filter = `RowKey ge '${prefix}' and RowKey lt '${prefix}~'`;
      return Array.fromAsync(table.listEntities({ queryOptions: { filter } }));
    },
  };
}

/** The setup of a change that was made. @throws {Error} if it was not made */
export function recorded(result: Recorded): SetupRecord {
  if (result.kind === 'stopped') throw new Error(`The attempt was ${result.reason}`);
  return result.setup;
}
