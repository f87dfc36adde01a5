/**
 * The directory of online environments in Table Storage: one partition a tenant. It says where an environment is and which
 * setup has it; every change is guarded by the row's ETag and is written down in the same transaction.
 */
import { odata } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import { auditRecord } from '../audit/audit.ts';
import type { AuditEntry } from '../audit/audit.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { auditRow } from '../audit/rows.ts';
import type { Clock } from '../clock.ts';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { createdTable } from '../table.ts';
import { isAssessment } from '../setup/assessment.ts';
import { restingStates } from '../setup/states.ts';
import type { SetupStore } from '../setup/store.ts';
import { isSameEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import { environmentOf, environmentRow, environmentRowSchema } from './rows.ts';
import type { EnvironmentRow } from './rows.ts';

/** An attempt of a setup that has, or wants, an environment of its tenant. */
export interface Claimant {
  readonly setupId: string;
  readonly attempt: number;
}

/** An environment as it was read. */
export interface EnvironmentRecord extends Environment {
  /** Changes with the environment and with every claim. */
  readonly etag: string;
}

/** Why an environment was not changed. */
type Unchanged =
  /** Somebody was faster: read and decide again. */
  { readonly kind: 'changed' } | { readonly kind: 'inUse'; readonly setupId: string };

interface Done {
  readonly kind: 'done';
}

export type EnvironmentClaim =
  | { readonly kind: 'claimed'; readonly environment: Environment }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'inUse'; readonly setupId: string };

/**
 * A request claims the environment before it stores its setup. Older than this, a claim without its setup is that of a
 * request that died: the host ends one after ten minutes.
 */
const CLAIM_GRACE_MS = 15 * 60_000;

export class EnvironmentDirectory {
  readonly #table: () => Promise<TableClient>;
  readonly #setups: Pick<SetupStore, 'get'>;
  readonly #audit: AuditLog;
  readonly #clock: Clock;

  /** @param setups tells whether the one that claimed an environment still needs it */
  constructor(table: TableClient, setups: Pick<SetupStore, 'get'>, audit: AuditLog, clock: Clock) {
    this.#table = createdTable(table);
    this.#setups = setups;
    this.#audit = audit;
    this.#clock = clock;
  }

  /** Reads an environment; undefined if the tenant has none of that name. */
  async get(tenantId: string, name: string): Promise<EnvironmentRecord | undefined> {
    const row = await this.#read(tenantId, name);
    return row === undefined || row.deleted ? undefined : recordOf(row);
  }

  /** All environments of a tenant, by name. */
  async list(tenantId: string): Promise<EnvironmentRecord[]> {
    const table = await this.#table();
    // Names begin with a letter or a digit; audit rows come before them.
    const filter = odata`PartitionKey eq ${tenantId} and RowKey ge '0' and deleted eq false`;
    const records: EnvironmentRecord[] = [];
    for await (const row of table.listEntities({ queryOptions: { filter } })) {
      records.push(recordOf(environmentRowSchema.parse(row)));
    }
    return records;
  }

  /**
   * Registers an environment, or changes one that no setup has.
   * @param known the environment as it was read; undefined if there was none
   */
  async put(
    tenantId: string,
    environment: Environment,
    known: EnvironmentRecord | undefined,
    audit: AuditEntry,
  ): Promise<Unchanged | (Done & { readonly environment: EnvironmentRecord })> {
    const result = known === undefined ? 'created' : 'replaced';
    const change = await this.#change(tenantId, environment, known, audit, result);
    if (change.kind !== 'done') return change;
    const stored = await this.get(tenantId, environment.name);
    return stored === undefined ? { kind: 'changed' } : { ...change, environment: stored };
  }

  /** Takes an environment that no setup has out of the directory. */
  async delete(tenantId: string, known: EnvironmentRecord, audit: AuditEntry): Promise<Unchanged | Done> {
    return this.#change(tenantId, known, known, audit, 'deleted');
  }

  /**
   * Takes an environment for an attempt of a setup; taking it again changes nothing. One that another setup claimed is taken
   * over if that setup has ended without becoming ready, or never came to be. An assessment shares it with everybody.
   */
  async claim(tenantId: string, name: string, claimant: Claimant): Promise<EnvironmentClaim> {
    for (;;) {
      const row = await this.#read(tenantId, name);
      if (row === undefined || row.deleted) return { kind: 'unknown' };
      if (isAssessment(claimant)) return { kind: 'claimed', environment: environmentOf(row) };
      const holder = await this.#holderOf(tenantId, row);
      if (holder !== undefined && (holder.setupId !== claimant.setupId || holder.attempt > claimant.attempt)) {
        return { kind: 'inUse', setupId: holder.setupId };
      }
      const claimed = await this.#replace(tenantId, row, {
        claimSetup: claimant.setupId,
        claimAttempt: claimant.attempt,
        claimedAt: this.#clock.now().toISOString(),
      });
      if (claimed) return { kind: 'claimed', environment: environmentOf(row) };
    }
  }

  /** Gives back what an attempt claimed; it may have claimed nothing. */
  async release(tenantId: string, name: string, { setupId, attempt }: Claimant): Promise<void> {
    for (;;) {
      const row = await this.#read(tenantId, name);
      if (row?.claimSetup !== setupId || row.claimAttempt !== attempt) return;
      if (await this.#replace(tenantId, row, {})) return;
    }
  }

  /** Moves audits of all tenants to the log, as far as that was not done. */
  async moveAudits(): Promise<void> {
    await this.#audit.moveAll(await this.#table());
  }

  /** Claims of all tenants that nobody needs any more. */
  async *lapsedClaims(): AsyncGenerator<{ tenantId: string; name: string; claimant: Claimant; since: Date }> {
    const table = await this.#table();
    for await (const entity of table.listEntities({ queryOptions: { filter: odata`claimAttempt ge 0` } })) {
      const { partitionKey: tenantId = '' } = entity;
      const row = environmentRowSchema.parse(entity);
      const { name, claimSetup: setupId = '', claimAttempt: attempt = 0, claimedAt = '' } = row;
      const needed = (await this.#holderOf(tenantId, row)) !== undefined;
      if (!needed) yield { tenantId, name, claimant: { setupId, attempt }, since: new Date(claimedAt) };
    }
  }

  /** Who has an environment; undefined if nobody does any more. */
  async #holderOf(tenantId: string, row: EnvironmentRow): Promise<Claimant | undefined> {
    const { name, claimSetup: setupId, claimAttempt: attempt, claimedAt } = row;
    if (setupId === undefined || attempt === undefined || claimedAt === undefined) return undefined;
    const setup = await this.#setups.get({ tenantId, setupId });
    const begun =
      setup !== undefined && setup.attempt >= attempt && isSameEnvironment(setup.destination.environment, name);
    const needed = begun
      ? setup.state === 'Ready' || !restingStates.includes(setup.state)
      : this.#clock.now().getTime() - Date.parse(claimedAt) < CLAIM_GRACE_MS;
    return needed ? { setupId, attempt } : undefined;
  }

  async #change(
    tenantId: string,
    environment: Environment,
    known: EnvironmentRecord | undefined,
    audit: AuditEntry,
    result: 'created' | 'replaced' | 'deleted',
  ): Promise<Unchanged | Done> {
    const row = await this.#read(tenantId, environment.name);
    if (row?.deleted === false && row.etag !== known?.etag) return { kind: 'changed' };
    const holder = row === undefined ? undefined : await this.#holderOf(tenantId, row);
    if (holder !== undefined) return { kind: 'inUse', setupId: holder.setupId };

    const entity = environmentRow(tenantId, environment, { deleted: result === 'deleted' });
    const { name, ...place } = environmentOf(environment);
    const record = auditRecord({ tenantId, environment: name, ...place }, audit, result, this.#clock.now());
    const noted = auditRow(tenantId, record);
    const table = await this.#table();
    const written = await unlessConflict(() =>
      table.submitTransaction([
        row === undefined ? ['create', entity] : ['update', entity, 'Replace', { etag: row.etag }],
        ['create', noted],
      ]),
    );
    if (!written) return { kind: 'changed' };
    await this.#audit.move(table, noted);
    return { kind: 'done' };
  }

  /** Writes a row with this claim in place of the one it had. @returns false if it has changed since it was read */
  async #replace(
    tenantId: string,
    row: EnvironmentRow,
    claim: Pick<EnvironmentRow, 'claimSetup' | 'claimAttempt' | 'claimedAt'>,
  ): Promise<boolean> {
    const entity = environmentRow(tenantId, row, { deleted: row.deleted, ...claim });
    const table = await this.#table();
    return unlessConflict(() => table.updateEntity(entity, 'Replace', { etag: row.etag }));
  }

  async #read(tenantId: string, name: string): Promise<EnvironmentRow | undefined> {
    const table = await this.#table();
    const row = await unlessMissing(() => table.getEntity(tenantId, name.toLowerCase()));
    return row === undefined ? undefined : environmentRowSchema.parse(row);
  }
}

function recordOf(row: EnvironmentRow): EnvironmentRecord {
  return { ...environmentOf(row), etag: row.etag };
}
