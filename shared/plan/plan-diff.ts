/** What differs between two kept plans. Pure. */
import type { KeptTable } from './kept-plan.ts';

/** Of many differences, as many are named. */
const MOST_NAMED = 1_000;

/** What is compared of a table. */
type Compared = Pick<KeptTable, 'copyMethod' | 'reasonCode' | 'problems' | 'columnsLeftOut' | 'rows' | 'bytes'>;

interface PlanDifferences {
  /** Of how many tables. */
  readonly total: number;
  /** The first of them, each as it is in the one plan and in the other; left out where it is not. */
  readonly value: readonly {
    readonly name: string;
    readonly attempt?: Compared | undefined;
    readonly with?: Compared | undefined;
  }[];
}

/** Reads both plans to their ends; holds what is compared of one of them. */
export async function planDifferences(
  plan: AsyncIterable<KeptTable>,
  other: AsyncIterable<KeptTable>,
): Promise<PlanDifferences> {
  const others = new Map<string, string>();
  for await (const table of other) others.set(nameOf(table), comparedText(table));
  const value: PlanDifferences['value'][number][] = [];
  let total = 0;
  const differs = (name: string, text: string | undefined, otherText: string | undefined) => {
    total += 1;
    if (value.length < MOST_NAMED) value.push({ name, attempt: compared(text), with: compared(otherText) });
  };
  for await (const table of plan) {
    const name = nameOf(table);
    const [text, otherText] = [comparedText(table), others.get(name)];
    others.delete(name);
    if (text !== otherText) differs(name, text, otherText);
  }
  for (const [name, otherText] of others) differs(name, undefined, otherText);
  return { total, value };
}

/** A table of the source may fill two online. */
function nameOf({ sourceTable, destinationTable }: KeptTable): string {
  return sourceTable === destinationTable ? sourceTable : `${sourceTable} to ${destinationTable}`;
}

function comparedText({ copyMethod, reasonCode, problems, columnsLeftOut, rows, bytes }: KeptTable): string {
  return JSON.stringify({ copyMethod, reasonCode, problems, columnsLeftOut, rows, bytes } satisfies Compared);
}

function compared(text: string | undefined): Compared | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Compared);
}
