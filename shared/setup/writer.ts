/**
 * How a setup is changed in Table Storage: its head row, and what belongs to the change, in one entity-group transaction
 * that the head row's ETag guards. https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */
import type { TableClient, TableEntity, TransactionAction } from '@azure/data-tables';
import { auditRecord } from '../audit/audit.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { auditRow } from '../audit/rows.ts';
import type { AuditRow } from '../audit/rows.ts';
import type { Clock } from '../clock.ts';
import { unlessConflict } from '../rest-errors.ts';
import type { ActiveSetups } from './active.ts';
import { announcementOf, buildSetupEvent } from './events.ts';
import type { Announcement } from './events.ts';
import type { StopReason } from './fence.ts';
import { headRow, laterThan, movedOn } from './head.ts';
import type { SetupRecord } from './head.ts';
import type { MilestoneRecord } from './milestone-data.ts';
import { SetupReader } from './reader.ts';
import { eventRow, milestoneRow, partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';
import type { AttemptId } from './setup.ts';
import type { SetupIndex } from './setup-index.ts';
import type { Milestone } from './states.ts';

/** What came of a wish to move a setup on. */
export type Recorded =
  | { readonly kind: 'recorded'; readonly setup: SetupRecord }
  | { readonly kind: 'stopped'; readonly reason: StopReason };

/** What is written in one transaction. A milestone brings its own event, if it has one. */
export interface Change {
  readonly head: SetupRecord;
  readonly milestone?: Milestone;
  /** An event of a change that is no milestone. */
  readonly announcement?: Announcement;
  readonly others?: readonly TransactionAction[];
  readonly audit?: AuditRow;
}

/** What every writer of setups needs. */
export interface SetupTables {
  readonly setups: TableClient;
  readonly active: ActiveSetups;
  readonly index: SetupIndex;
  readonly audit: AuditLog;
  readonly clock: Clock;
  /** `source` of the events, an absolute URI. */
  readonly eventSource: string;
}

/** One setup has few writers: its orchestration, a timer, a request. */
const MAXIMUM_TRIES = 10;

export class SetupWriter extends SetupReader {
  protected readonly active: ActiveSetups;
  protected readonly audit: AuditLog;
  protected readonly clock: Clock;
  readonly #index: SetupIndex;
  readonly #eventSource: string;

  constructor({ setups, active, index, audit, clock, eventSource }: SetupTables) {
    super(setups);
    this.active = active;
    this.#index = index;
    this.audit = audit;
    this.clock = clock;
    this.#eventSource = eventSource;
  }

  /** Reads a setup, decides, and writes if there is something to write, until nobody else has written in between. */
  protected async change(
    attempt: AttemptId,
    decide: (setup: SetupRecord) => StopReason | Change | Promise<StopReason | Change>,
  ): Promise<Recorded> {
    for (let tries = 0; tries < MAXIMUM_TRIES; tries += 1) {
      const setup = await this.require(attempt);
      const change = await decide(setup);
      if (typeof change === 'string') return { kind: 'stopped', reason: change };
      const { head, milestone, others = [] } = change;
      if (head === setup && milestone === undefined && others.length === 0) return { kind: 'recorded', setup };
      const written = await this.write(setup, change);
      if (written !== undefined) return { kind: 'recorded', setup: written };
    }
    throw new Error(`Setup ${attempt.setupId} lost ${MAXIMUM_TRIES} races for its row`);
  }

  /** Writes a change of a setup under the ETag with which it was read. @returns undefined if it has changed since */
  protected async write(before: SetupRecord, change: Change): Promise<SetupRecord | undefined> {
    const { head, milestone, others = [], audit } = change;
    const table = await this.table();
    const now = this.clock.now();
    const moved = milestone === undefined ? head : movedOn(head, milestone, now);
    const announcement = milestone === undefined ? change.announcement : announcementOf(head, milestone);
    const sequence = head.sequence + Number(announcement !== undefined);
    const row = headRow({ ...moved, sequence, lastModifiedAt: laterThan(before, now) });
    const written = await unlessConflict(() =>
      table.submitTransaction([
        before.etag === '' ? ['create', row] : ['update', row, 'Merge', { etag: before.etag }],
        ...(milestone === undefined ? [] : [this.#milestoneAction(head, milestone, now)]),
        ...(announcement === undefined ? [] : [this.#eventAction(head, announcement, now)]),
        ...others,
        ...(audit === undefined ? [] : [['create', audit] satisfies TransactionAction]),
      ]),
    );
    if (!written) return undefined;
    const stored = await this.require(head);
    await this.#addToIndex(stored);
    if (audit !== undefined) await this.audit.move(table, audit);
    return stored;
  }

  /** The audit of a change, which is written with it. */
  protected auditRow({ tenantId, setupId }: SetupKey, entry: AuditEntry, result: string): AuditRow {
    const subject = { tenantId, setupId };
    return auditRow(partitionOf(subject), auditRecord(subject, entry, result, this.clock.now()));
  }

  async #addToIndex(setup: SetupRecord): Promise<void> {
    try {
      await this.#index.put(setup);
    } catch {
      // The change is made, and lists are no reason to stop a setup: the timer mends its row, and says if that fails too.
    }
  }

  #milestoneAction(setup: SetupRecord, { name, data }: Milestone, now: Date): TransactionAction {
    const { attempt, phaseStartedAt: startedAt } = setup;
    const record = { name, attempt, origin: attempt, startedAt, at: now.toISOString(), data };
    return ['upsert', milestoneEntity(setup, record), 'Replace'];
  }

  #eventAction(setup: SetupRecord, announcement: Announcement, now: Date): TransactionAction {
    const event = buildSetupEvent(this.#eventSource, setup, announcement, now);
    const row = { partitionKey: partitionOf(setup), rowKey: eventRow(event.sequence) };
    return ['create', { ...row, event: JSON.stringify(event), published: false }];
  }
}

export function milestoneEntity(setup: SetupRecord, record: MilestoneRecord): TableEntity {
  return {
    partitionKey: partitionOf(setup),
    rowKey: milestoneRow(setup.attempt, record.name, setup.deletion?.number),
    ...record,
    attempt: setup.attempt,
    data: JSON.stringify(record.data),
  };
}
