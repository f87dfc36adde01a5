/** What a plan leaves out because of what is online, for the checks. Pure. */
import type { PlannedTable } from './plan.ts';
import { isLeftOutCode, leftOutCodes } from './reasons.ts';
import type { LeftOutCode } from './reasons.ts';

/** Tables that were left out for one reason. */
interface LeftOut {
  /** Of all companies. */
  readonly tables: number;
  readonly rows: number;
  /** Each once, whatever the number of companies, with what does not fit; of many, the first. */
  readonly names: string[];
}

/** By the code of the reason. */
export type LeftOutTables = Readonly<Record<LeftOutCode, LeftOut>>;

/** What is kept of names: a catalogue may be forged. */
const MOST_NAMES = 1_000;

/** Reads a plan to its end. */
export async function leftOutOf(plan: AsyncIterable<PlannedTable> | Iterable<PlannedTable>): Promise<LeftOutTables> {
  const counts = new LeftOutCounts();
  for await (const table of plan) counts.meet(table);
  return counts.tables;
}

/** Counts while a plan is read for something else too. */
export class LeftOutCounts {
  readonly #counts = new Map(leftOutCodes.map((code) => [code, { tables: 0, rows: 0, names: new Set<string>() }]));

  meet({ code, tableName, rowCount, problems }: PlannedTable): void {
    const count = isLeftOutCode(code) ? this.#counts.get(code) : undefined;
    // Nobody misses an empty table.
    if (count === undefined || (code === '50004' && rowCount === 0)) return;
    count.tables += 1;
    count.rows += rowCount;
    if (count.names.size < MOST_NAMES) count.names.add([tableName, problems].join(' ').trim());
  }

  get tables(): LeftOutTables {
    const of = (code: LeftOutCode) => {
      const { tables = 0, rows = 0, names = [] } = this.#counts.get(code) ?? {};
      return { tables, rows, names: [...names] };
    };
    return { '50004': of('50004'), '50005': of('50005'), '50011': of('50011') };
  }
}
