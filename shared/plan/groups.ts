/** How the tables of a plan travel together. */
import { z } from 'zod';
import type { CopyMethod } from './rules.ts';

/** How tables are grouped: small ones in packs, large ones in batches whose tables are copied side by side. */
export const planLimitsSchema = z.object({
  /** A larger table is copied on its own. */
  smallTableBytes: z.int().default(1024 * 1024),
  packBytes: z.int().default(16 * 1024 * 1024),
  packTables: z.int().default(250),
  batchTables: z.int().default(500),
  /** As many packs as one Lookup gives: https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity */
  packs: z.int().default(5_000),
});
export type PlanLimits = z.infer<typeof planLimitsSchema>;

/** Where a table travels: the pack of a small one, the batch of a large one, from 1; 0 when it is not copied. */
export interface TableGroup {
  readonly flow: 'Large' | 'Small' | 'None';
  readonly groupNumber: number;
}

/** Fills packs and batches one after the other. When there are as many packs as there may be, they are filled further. */
export class TableGroups {
  readonly #limits: PlanLimits;
  #pack = { number: 0, tables: Infinity, bytes: 0 };
  #largeTables = 0;

  constructor(limits: PlanLimits) {
    this.#limits = limits;
  }

  place(copyMethod: CopyMethod, byteCount: number): TableGroup {
    if (copyMethod === 'None') return { flow: 'None', groupNumber: 0 };
    const { smallTableBytes, packBytes, packTables, batchTables, packs } = this.#limits;
    if (byteCount > smallTableBytes) {
      this.#largeTables += 1;
      return { flow: 'Large', groupNumber: Math.ceil(this.#largeTables / batchTables) };
    }
    const { number, tables, bytes } = this.#pack;
    const isFull = tables >= packTables || bytes + byteCount > packBytes;
    this.#pack = isFull
      ? { number: number + 1, tables: 1, bytes: byteCount }
      : { number, tables: tables + 1, bytes: bytes + byteCount };
    return { flow: 'Small', groupNumber: ((this.#pack.number - 1) % packs) + 1 };
  }
}
