/** What comes of a plan and what does not, by company, by app and by reason. Pure. */
import type { KeptTable } from './kept-plan.ts';
import type { ReasonCode } from './reasons.ts';

/** Tables of one kind together. */
interface TableSum {
  tables: number;
  rows: number;
  bytes: number;
}

/** Tables that are not copied. */
interface LeftSum extends TableSum {
  /** Those that have rows: what is really missing online. */
  tablesWithRows: number;
}

interface PartSum {
  readonly copied: TableSum;
  readonly left: LeftSum;
  /** Why tables are not copied, most rows first. */
  readonly reasons: readonly (LeftSum & { readonly reasonCode: ReasonCode })[];
}

export interface PlanSums extends PartSum {
  readonly byCompany: readonly (PartSum & { readonly company: string })[];
  readonly byApp: readonly (PartSum & { readonly appId: string })[];
}

/** Reads a plan to its end. */
export async function sumsOf(plan: AsyncIterable<KeptTable> | Iterable<KeptTable>): Promise<PlanSums> {
  const whole = new Part();
  const companies = new Parts();
  const apps = new Parts();
  for await (const table of plan) {
    whole.add(table);
    companies.of(table.company).add(table);
    apps.of(table.appId).add(table);
  }
  return {
    ...whole.sum,
    byCompany: companies.sums.map(([company, sum]) => ({ company, ...sum })),
    byApp: apps.sums.map(([appId, sum]) => ({ appId, ...sum })),
  };
}

class Part {
  readonly #copied = { tables: 0, rows: 0, bytes: 0 };
  readonly #left = noneLeft();
  readonly #reasons = new Map<ReasonCode, LeftSum>();

  add({ copyMethod, reasonCode, rows, bytes }: KeptTable): void {
    if (copyMethod !== 'None') {
      count(this.#copied, rows, bytes);
      return;
    }
    const reason = this.#reasons.get(reasonCode) ?? noneLeft();
    this.#reasons.set(reasonCode, reason);
    for (const sum of [this.#left, reason]) {
      count(sum, rows, bytes);
      if (rows > 0) sum.tablesWithRows += 1;
    }
  }

  get sum(): PartSum {
    const reasons = [...this.#reasons].map(([reasonCode, sum]) => ({ reasonCode, ...sum }));
    return { copied: this.#copied, left: this.#left, reasons: reasons.toSorted((a, b) => b.rows - a.rows) };
  }
}

/** Parts by a name, in the order in which they are met. */
class Parts {
  readonly #parts = new Map<string, Part>();

  of(name: string): Part {
    const part = this.#parts.get(name) ?? new Part();
    this.#parts.set(name, part);
    return part;
  }

  get sums(): [string, PartSum][] {
    return [...this.#parts].map(([name, part]) => [name, part.sum]);
  }
}

function noneLeft(): LeftSum {
  return { tables: 0, tablesWithRows: 0, rows: 0, bytes: 0 };
}

function count(sum: TableSum, rows: number, bytes: number): void {
  sum.tables += 1;
  sum.rows += rows;
  sum.bytes += bytes;
}
