/**
 * How a setup is changed in Table Storage: its head row, and what belongs to the change, in one entity-group transaction
 * that the head row's ETag guards. https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */
import type { TableClient, TransactionAction } from '@azure/data-tables';
import { auditRecord } from '../audit/audit.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { auditRow } from '../audit/rows.ts';
import type { AuditRow } from '../audit/rows.ts';
import type { Clock } from '../clock.ts';
import { submitted } from '../table.ts';
import { currentTraceparent } from '../telemetry/spans.ts';
import type { ActiveSetups } from './active.ts';
import { hasStoodStill } from './due.ts';
import { announcementOf, buildSetupEvent } from './events.ts';
import type { Announcement, SetupEvent } from './events.ts';
import type { StopReason } from './fence.ts';
import { headRow, laterThan, movedOn } from './head.ts';
import type { SetupRecord } from './head.ts';
import { milestoneColumns } from './milestone-data.ts';
import { measureChange } from './measured-change.ts';
import type { MilestoneRecord } from './milestone-data.ts';
import { SetupReader } from './reader.ts';
import { attemptRowKey, eventRow, partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';
import type { AttemptId } from './setup.ts';
import type { SetupIndex } from './setup-index.ts';
import type { Milestone } from './states.ts';

/** What came of a wish to move a setup on. */
export type Recorded =
  | {
      readonly kind: 'recorded';
      readonly setup: SetupRecord;
      /** What this change announces; undefined if it was made before. */
      readonly events?: readonly SetupEvent[];
    }
  | { readonly kind: 'stopped'; readonly reason: StopReason };

/** What is written in one transaction. Each milestone brings its own event, if it has one. */
export interface Change {
  readonly head: SetupRecord;
  /** In the order in which they were reached. */
  readonly milestones?: readonly Milestone[];
  /** Columns of the row of the attempt, beside those of the milestones. */
  readonly attempt?: Readonly<Record<string, string | number>>;
  /** An event of a change that is no milestone. */
  readonly announcement?: Announcement;
  readonly others?: readonly TransactionAction[];
  readonly audit?: AuditRow;
}

/** A setup as it was written, with what that announces. */
interface Written {
  readonly setup: SetupRecord;
  readonly events: readonly SetupEvent[];
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

  /**
   * Reads a setup, decides, and writes if there is something to write, until nobody else has written in between.
   * @param known the setup as it was read before, which spares a read if it has not changed since
   */
  protected async change(
    attempt: AttemptId,
    decide: (setup: SetupRecord, tries: number) => StopReason | Change | Promise<StopReason | Change>,
    known?: SetupRecord,
  ): Promise<Recorded> {
    let setup = known ?? (await this.require(attempt));
    for (let tries = 0; tries < MAXIMUM_TRIES; tries += 1) {
      const change = await decide(setup, tries);
      if (typeof change === 'string') return { kind: 'stopped', reason: change };
      const { head, milestones = [], others = [] } = change;
      if (head === setup && milestones.length === 0 && others.length === 0) return { kind: 'recorded', setup };
      // Before the change itself: a look too many is harmless, and who dies after the change would not say so again.
      if (hasStoodStill(this.clock.now(), new Date(setup.lastModifiedAt))) await this.active.hasten(setup);
      const written = await this.#write(setup, change);
      if (written !== undefined) return { kind: 'recorded', ...written };
      setup = await this.require(attempt);
    }
    throw new Error(`Setup ${attempt.setupId} lost ${MAXIMUM_TRIES} races for its row`);
  }

  /** Writes a change of a setup under the ETag with which it was read. @returns undefined if it has changed since */
  protected async write(before: SetupRecord, change: Change): Promise<SetupRecord | undefined> {
    return (await this.#write(before, change))?.setup;
  }

  async #write(before: SetupRecord, change: Change): Promise<Written | undefined> {
    const { others = [], audit } = change;
    const table = await this.table();
    const now = this.clock.now();
    const { head, events, columns } = this.#moved(change, now);
    const setup = { ...head, lastModifiedAt: laterThan(before, now) };
    const row = headRow(setup);
    const answer = await submitted(table, [
      before.etag === '' ? ['create', row] : ['update', row, 'Merge', { etag: before.etag }],
      ...attemptActions(setup, columns),
      ...events.map((event) => eventAction(setup, event)),
      ...others,
      ...(audit === undefined ? [] : [['create', audit] satisfies TransactionAction]),
    ]);
    if (answer === undefined) return undefined;
    measureChange(before, setup, change.milestones ?? [], now);
    const stored = { ...setup, etag: answer.etag };
    const isNew = before.etag === '';
    await Promise.all([
      this.#addToIndex(stored, isNew),
      ...(audit === undefined ? [] : [this.audit.move(table, audit)]),
    ]);
    return { setup: stored, events };
  }

  /** The head after a change, with the events, and the columns of its attempt that change. */
  #moved({ head, milestones = [], attempt = {}, announcement }: Change, now: Date) {
    const events: SetupEvent[] = [];
    const records: MilestoneRecord[] = [];
    const traceparent = currentTraceparent();
    const say = (setup: SetupRecord, said: Announcement | undefined): SetupRecord => {
      if (said === undefined) return setup;
      events.push(buildSetupEvent(this.#eventSource, setup, said, now, traceparent));
      return { ...setup, sequence: setup.sequence + 1 };
    };
    let moved = say(head, announcement);
    for (const milestone of milestones) {
      records.push(recordOf(moved, milestone, now));
      moved = movedOn(say(moved, announcementOf(moved, milestone)), milestone, now);
    }
    return { head: moved, events, columns: { ...attempt, ...milestoneColumns(records, head.deletion?.number) } };
  }

  /** The audit of a change, which is written with it. */
  protected auditRow({ tenantId, setupId }: SetupKey, entry: AuditEntry, result: string): AuditRow {
    const subject = { tenantId, setupId };
    return auditRow(partitionOf(subject), auditRecord(subject, entry, result, this.clock.now()));
  }

  async #addToIndex(setup: SetupRecord, isNew: boolean): Promise<void> {
    try {
      await this.#index.put(setup, isNew);
    } catch {
      // The change is made, and lists are no reason to stop a setup: its next change mends the row, or the timer once it
      // rests, which says if that fails too.
    }
  }
}

function recordOf(setup: SetupRecord, { name, data }: Milestone, now: Date): MilestoneRecord {
  const { attempt, phaseStartedAt: startedAt } = setup;
  return { name, attempt, origin: attempt, startedAt, at: now.toISOString(), data };
}

function eventAction(setup: SetupKey, event: SetupEvent): TransactionAction {
  const row = { partitionKey: partitionOf(setup), rowKey: eventRow(event.sequence) };
  return ['create', { ...row, event: JSON.stringify(event), published: false }];
}

/** The head row's ETag guards the row of the attempt too: nobody else writes it at the same time. */
function attemptActions(setup: SetupRecord, columns: NonNullable<Change['attempt']>): TransactionAction[] {
  if (Object.keys(columns).length === 0) return [];
  return [['upsert', { partitionKey: partitionOf(setup), rowKey: attemptRowKey(setup.attempt), ...columns }, 'Merge']];
}
