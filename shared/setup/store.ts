/**
 * Setups in Table Storage. One partition a setup holds its head row, its milestones, its events and its findings; a
 * change of state, its milestone and its event are one entity-group transaction, guarded by the head row's ETag.
 * https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */
import { odata } from '@azure/data-tables';
import type { TableClient, TableEntity, TableEntityResult, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { buildSetupEvent, setupEventSchema } from './events.ts';
import type { SetupEvent } from './events.ts';
import { unlessConflict, unlessMissing } from '../rest-errors.ts';
import {
  milestoneNames,
  milestones,
  phaseAfter,
  phases,
  setupFailureSchema,
  setupRequestSchema,
  setupStates,
  transitions,
} from './setup.ts';
import type { AttemptId, Milestone, MilestoneName } from './setup.ts';

const setupRecordSchema = z.object({
  tenantId: z.string(),
  setupId: z.string(),
  /** Short name of the setup in Azure resources. */
  key: z.string(),
  request: setupRequestSchema,
  /** Key Vault secret that holds the source password. The version tells it from that of a request that came second. */
  secretName: z.string(),
  secretVersion: z.string(),
  state: z.enum(setupStates),
  phase: z.enum(phases),
  attempt: z.int(),
  /** Number of the last event. */
  sequence: z.int(),
  createdAt: z.iso.datetime(),
  lastModifiedAt: z.iso.datetime(),
  phaseStartedAt: z.iso.datetime(),
  failure: setupFailureSchema.optional(),
  etag: z.string(),
});
/** A setup's head row: the truth about it. */
export type SetupRecord = z.infer<typeof setupRecordSchema>;
/** What a new setup is made of; the store adds the rest. */
export type NewSetup = Pick<SetupRecord, 'tenantId' | 'setupId' | 'key' | 'request' | 'secretName' | 'secretVersion'>;

const milestoneRecordSchema = z.object({
  name: z.enum(milestoneNames),
  attempt: z.int(),
  /** When the phase of the milestone began. */
  startedAt: z.iso.datetime(),
  at: z.iso.datetime(),
  data: z.unknown(),
});
/** A milestone that was reached. `data` has the shape that `milestones` gives for its name. */
export type MilestoneRecord = z.infer<typeof milestoneRecordSchema>;

/** Findings of an attempt that have a row each. */
export type FindingKind = 'check' | 'company' | 'extension';

/** A setup that has not ended, or whose events were not all published. */
export interface ActiveSetup {
  readonly tenantId: string;
  readonly setupId: string;
  /** When the setup was asked for. */
  readonly since: Date;
}

type SetupKey = Pick<AttemptId, 'tenantId' | 'setupId'>;

// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
const MAXIMUM_TRANSACTION_ROWS = 100;
/** One setup has few writers: its orchestration, a timer, a request. */
const MAXIMUM_TRIES = 10;
const HEAD = 'head';
const ACTIVE = 'active';

export class SetupStore {
  readonly #setups: TableClient;
  readonly #active: TableClient;
  readonly #clock: Clock;
  readonly #eventSource: string;
  #tables: Promise<unknown> | undefined;

  /**
   * @param setups table of the setups
   * @param active table of the setups that still need something, so that they are found without reading all of them
   * @param eventSource `source` of the events, an absolute URI
   */
  constructor(setups: TableClient, active: TableClient, clock: Clock, eventSource: string) {
    this.#setups = setups;
    this.#active = active;
    this.#clock = clock;
    this.#eventSource = eventSource;
  }

  /**
   * Stores a new setup in state `Accepted`, with its first event.
   * @returns the stored setup, or undefined if one of that id exists; nothing is changed then
   */
  async create(setup: NewSetup): Promise<SetupRecord | undefined> {
    await this.#ready();
    // Before the setup itself: a row without a setup is harmless, a setup without a row would be forgotten.
    const since = this.#clock.now();
    await this.#active.upsertEntity({ partitionKey: ACTIVE, rowKey: partitionOf(setup), since });

    const now = since.toISOString();
    const head = {
      ...setup,
      state: 'Accepted',
      phase: 'FactorySelection',
      attempt: 1,
      sequence: 0,
      createdAt: now,
      lastModifiedAt: now,
      phaseStartedAt: now,
      etag: '',
    } as const satisfies SetupRecord;
    const { product, source } = setup.request;
    const rows = this.#rowsOf(head, { name: 'accepted', data: { product, sourceKind: source.kind } });
    const created = await unlessConflict(() =>
      this.#setups.submitTransaction([
        ['create', rows.head],
        ...rows.created.map((row): TransactionAction => ['create', row]),
      ]),
    );
    return created ? this.get(setup) : undefined;
  }

  /** Reads a setup; undefined if there is none. */
  async get(setup: SetupKey): Promise<SetupRecord | undefined> {
    await this.#ready();
    const row = await unlessMissing(() => this.#setups.getEntity(partitionOf(setup), HEAD));
    return row === undefined ? undefined : headFromRow(row);
  }

  /** Reads a setup that must be there. @throws {Error} if it is not */
  async require(setup: SetupKey): Promise<SetupRecord> {
    const stored = await this.get(setup);
    if (stored === undefined) throw new Error(`The state of setup ${setup.setupId} is gone`);
    return stored;
  }

  /**
   * Moves a setup on: its new state, the milestone and the event, or nothing. Recording a milestone again changes
   * nothing, so that an activity that is run twice is harmless.
   * @throws {Error} if there is no such setup, or the milestone does not follow the setup's state
   */
  async record(attempt: AttemptId, milestone: Milestone): Promise<SetupRecord> {
    for (let tries = 0; tries < MAXIMUM_TRIES; tries += 1) {
      const setup = await this.require(attempt);
      if (await this.#hasMilestone(attempt, milestone.name)) return setup;
      const { state } = milestones[milestone.name];
      if (attempt.attempt !== setup.attempt || !transitions[setup.state].includes(state)) {
        throw new Error(
          `${milestone.name} of attempt ${attempt.attempt} cannot follow ${setup.state} of attempt ${setup.attempt}`,
        );
      }
      const rows = this.#rowsOf(setup, milestone);
      const written = await unlessConflict(() =>
        this.#setups.submitTransaction([
          ['update', rows.head, 'Replace', { etag: setup.etag }],
          ...rows.created.map((row): TransactionAction => ['create', row]),
        ]),
      );
      if (written) return this.require(attempt);
    }
    throw new Error(`${milestone.name} of setup ${attempt.setupId} lost ${MAXIMUM_TRIES} races for its row`);
  }

  /** The milestones of a setup's attempt, in the order in which they were reached. */
  async milestonesOf(attempt: AttemptId): Promise<MilestoneRecord[]> {
    const rows = await this.#rowsWithPrefix(attempt, `milestone-${padded(attempt.attempt, 4)}-`);
    const records = rows.map((row) => milestoneRecordSchema.parse(decoded(row, ['data'])));
    return records.sort((a, b) => a.at.localeCompare(b.at) || order(a.name) - order(b.name));
  }

  /** Replaces the findings of one kind of an attempt. Each is stored as a row with its position. */
  async putFindings(attempt: AttemptId, kind: FindingKind, findings: readonly object[]): Promise<void> {
    const partitionKey = partitionOf(attempt);
    const prefix = findingPrefix(attempt, kind);
    const rows = findings.map((finding, index) => ({
      partitionKey,
      rowKey: `${prefix}${padded(index, 6)}`,
      data: JSON.stringify(finding),
    }));
    const before = await this.#rowsWithPrefix(attempt, prefix);
    // Rows are numbered, so that what is left of a longer list comes last.
    const left = before.slice(rows.length).map(({ rowKey = '' }) => ({ partitionKey, rowKey }));
    const actions = [
      ...rows.map((row): TransactionAction => ['upsert', row, 'Replace']),
      ...left.map((row): TransactionAction => ['delete', row]),
    ];
    for (let start = 0; start < actions.length; start += MAXIMUM_TRANSACTION_ROWS) {
      await this.#setups.submitTransaction(actions.slice(start, start + MAXIMUM_TRANSACTION_ROWS));
    }
  }

  /** The findings of one kind of an attempt, in the order in which they were put. */
  async findingsOf(attempt: AttemptId, kind: FindingKind): Promise<unknown[]> {
    const rows = await this.#rowsWithPrefix(attempt, findingPrefix(attempt, kind));
    return rows.map((row) => decoded(row, ['data'])['data']);
  }

  /** Writes down who did what to a setup. Audit rows are never changed. */
  async audit(
    setup: SetupKey,
    entry: { readonly actor: string; readonly action: string; readonly requestId: string },
  ): Promise<void> {
    const at = this.#clock.now().toISOString();
    await this.#setups.createEntity({
      partitionKey: partitionOf(setup),
      rowKey: `audit-${at}-${entry.requestId}`,
      at,
      ...entry,
    });
  }

  /** Events of a setup that were not marked as published, oldest first. */
  async pendingEvents(setup: SetupKey): Promise<SetupEvent[]> {
    const rows = await this.#rowsWithPrefix(setup, 'event-', odata`published eq false`);
    return rows.map((row) => setupEventSchema.parse(decoded(row, ['event'])['event']));
  }

  /** Marks an event as published. */
  async markPublished(setup: SetupKey, event: SetupEvent): Promise<void> {
    await this.#setups.updateEntity(
      { partitionKey: partitionOf(setup), rowKey: `event-${event.sequence}`, published: true },
      'Merge',
    );
  }

  /** Setups that have not ended or whose events were not all published. */
  async activeSetups(): Promise<ActiveSetup[]> {
    await this.#ready();
    const active: ActiveSetup[] = [];
    const rows = this.#active.listEntities<{ since: Date }>({
      queryOptions: { filter: odata`PartitionKey eq ${ACTIVE}` },
    });
    for await (const { rowKey = '', since } of rows) {
      const [tenantId = '', setupId = ''] = rowKey.split('|');
      active.push({ tenantId, setupId, since });
    }
    return active;
  }

  /** Says that a setup needs nothing more. */
  async settle(setup: SetupKey): Promise<void> {
    await unlessMissing(() => this.#active.deleteEntity(ACTIVE, partitionOf(setup)));
  }

  /** Succeeds if the state store answers. */
  async ping(): Promise<void> {
    await this.#ready();
    await unlessMissing(() => this.#setups.getEntity('ping', 'ping'));
  }

  async #ready(): Promise<void> {
    this.#tables ??= Promise.all([this.#setups.createTable(), this.#active.createTable()]);
    try {
      await this.#tables;
    } catch (error) {
      this.#tables = undefined;
      throw error;
    }
  }

  #rowsOf(setup: SetupRecord, milestone: Milestone): { head: TableEntity; created: TableEntity[] } {
    const now = this.#clock.now();
    const at = now.toISOString();
    const { state, position } = milestones[milestone.name];
    const event = buildSetupEvent(
      this.#eventSource,
      setup,
      setup.request.destination.environment,
      milestone,
      setup.sequence + 1,
      setup.phase,
      now,
    );
    const head: SetupRecord = {
      ...setup,
      state,
      phase: phaseAfter(milestone.name, setup.phase),
      sequence: event === undefined ? setup.sequence : setup.sequence + 1,
      lastModifiedAt: at,
      phaseStartedAt: position === 'ends' ? at : setup.phaseStartedAt,
      ...(milestone.name === 'failed' ? { failure: milestone.data.failure } : {}),
    };
    const partitionKey = partitionOf(setup);
    const { etag: _etag, request, failure, ...columns } = head;
    const created: TableEntity[] = [
      {
        partitionKey,
        rowKey: milestoneRow(setup, milestone.name),
        name: milestone.name,
        attempt: setup.attempt,
        startedAt: setup.phaseStartedAt,
        at,
        data: JSON.stringify(milestone.data),
      },
    ];
    if (event !== undefined) {
      created.push({ partitionKey, rowKey: `event-${event.sequence}`, event: JSON.stringify(event), published: false });
    }
    return {
      head: {
        partitionKey,
        rowKey: HEAD,
        ...columns,
        request: JSON.stringify(request),
        ...(failure === undefined ? {} : { failure: JSON.stringify(failure) }),
      },
      created,
    };
  }

  async #hasMilestone(attempt: AttemptId, name: MilestoneName): Promise<boolean> {
    const row = await unlessMissing(() => this.#setups.getEntity(partitionOf(attempt), milestoneRow(attempt, name)));
    return row !== undefined;
  }

  async #rowsWithPrefix(setup: SetupKey, prefix: string, condition?: string): Promise<TableEntityResult<object>[]> {
    await this.#ready();
    // '~' sorts after every character that a row key of ours has.
    const range = odata`PartitionKey eq ${partitionOf(setup)} and RowKey ge ${prefix} and RowKey lt ${`${prefix}~`}`;
    const filter = condition === undefined ? range : `${range} and ${condition}`;
    const rows: TableEntityResult<object>[] = [];
    for await (const row of this.#setups.listEntities({ queryOptions: { filter } })) rows.push(row);
    return rows;
  }
}

function partitionOf({ tenantId, setupId }: SetupKey): string {
  return `${tenantId}|${setupId}`;
}

function milestoneRow({ attempt }: { readonly attempt: number }, name: MilestoneName): string {
  return `milestone-${padded(attempt, 4)}-${name}`;
}

function findingPrefix({ attempt }: { readonly attempt: number }, kind: FindingKind): string {
  return `${kind}-${padded(attempt, 4)}-`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}

function order(name: MilestoneName): number {
  return milestoneNames.indexOf(name);
}

function headFromRow(row: TableEntityResult<object>): SetupRecord {
  return setupRecordSchema.parse(decoded(row, ['request', 'failure']));
}

/** A row with its JSON columns parsed. */
function decoded(row: object, jsonColumns: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      jsonColumns.includes(name) && typeof value === 'string' ? (JSON.parse(value) as unknown) : value,
    ]),
  );
}
