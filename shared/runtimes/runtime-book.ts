/**
 * Which integration runtimes tenants have, in which factory, and which setups use them: rows of our own in Table Storage,
 * because a factory does not know for whom a runtime is there.
 */
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { unlessConflict, unlessMissing } from '../requests/rest-errors.ts';
import { factorySchema } from '../setup/setup.ts';
import type { Factory } from '../setup/setup.ts';
import { createdTable, jsonColumn, rowsWithPrefix } from '../table.ts';

const runtimeRowSchema = z.object({
  name: z.string(),
  factory: jsonColumn(factorySchema),
  /** Ids of the setups that use it. */
  users: jsonColumn(z.array(z.string())),
  /** It is being removed: nobody may begin to use it. */
  removing: z.boolean(),
  etag: z.string(),
});
export type RuntimeRow = z.infer<typeof runtimeRowSchema>;

/** What came of the wish to use a runtime. */
export type Use = 'first' | 'known' | 'refused';

export class RuntimeBook {
  readonly #table: () => Promise<TableClient>;

  constructor(table: TableClient) {
    this.#table = createdTable(table);
  }

  /** Reads a runtime of a tenant; undefined if the tenant has none of that name. */
  async get(tenantId: string, name: string): Promise<RuntimeRow | undefined> {
    const table = await this.#table();
    const row = await unlessMissing(() => table.getEntity(tenantId, rowOf(name)));
    return row === undefined ? undefined : runtimeRowSchema.parse(row);
  }

  /** The names of the runtimes of a tenant that a setup is noted to use. A tenant has few. */
  async usedBy(tenantId: string, setupId: string): Promise<string[]> {
    const table = await this.#table();
    const rows = await rowsWithPrefix(table, tenantId, '');
    return rows
      .map((row) => runtimeRowSchema.parse(row))
      .filter(({ users }) => users.includes(setupId))
      .map(({ name }) => name);
  }

  /**
   * Notes that a setup uses a runtime, which need not exist in the factory yet.
   * @returns `first` if the tenant had no runtime of that name; `refused` if it is being removed, or is another factory's and
   *   others use it there
   */
  async use(tenantId: string, name: string, factory: Factory, setupId: string): Promise<Use> {
    // There is none as a rule.
    for (let known: RuntimeRow | undefined; ; known = await this.get(tenantId, name)) {
      const others = known?.users.filter((user) => user !== setupId) ?? [];
      const moves = known !== undefined && known.factory.name !== factory.name;
      if (known?.removing === true || (moves && others.length > 0)) return 'refused';
      const row = { name, factory, users: [...others, setupId], removing: false };
      if (await this.#write(tenantId, row, known?.etag)) return known === undefined ? 'first' : 'known';
    }
  }

  /**
   * Notes that a setup uses a runtime no more.
   * @param remove whether the last one takes the runtime away; it must remove it from the factory, and then forget it
   * @returns the runtime if it is to be removed
   */
  async leave(tenantId: string, name: string, setupId: string, remove: boolean): Promise<RuntimeRow | undefined> {
    for (;;) {
      const known = await this.get(tenantId, name);
      if (known === undefined || (known.users.length > 0 && !known.users.includes(setupId))) return undefined;
      const users = known.users.filter((user) => user !== setupId);
      const row = { ...known, users, removing: remove && users.length === 0 };
      if (!(await this.#write(tenantId, row, known.etag))) continue;
      return row.removing ? this.get(tenantId, name) : undefined;
    }
  }

  /** Forgets a runtime that was removed, unless somebody has changed its row since it was read. */
  async forget(tenantId: string, { name, etag }: RuntimeRow): Promise<void> {
    const table = await this.#table();
    await unlessConflict(() => unlessMissing(() => table.deleteEntity(tenantId, rowOf(name), { etag })));
  }

  async #write(tenantId: string, row: Omit<RuntimeRow, 'etag'>, etag: string | undefined): Promise<boolean> {
    const table = await this.#table();
    const { name, factory, users, removing } = row;
    const entity = {
      partitionKey: tenantId,
      rowKey: rowOf(name),
      name,
      factory: JSON.stringify(factory),
      users: JSON.stringify(users),
      removing,
    };
    const write = () =>
      etag === undefined ? table.createEntity(entity) : table.updateEntity(entity, 'Replace', { etag });
    // A row that somebody has forgotten since is one that has changed.
    return (await unlessMissing(() => unlessConflict(write))) ?? false;
  }
}

/** Whether two names are of one runtime. */
export function isSameRuntime(name: string, other: string): boolean {
  return rowOf(name) === rowOf(other);
}

/** Names of runtimes are equal without regard to case, as in a factory. */
function rowOf(name: string): string {
  return name.toLowerCase();
}
