/** Which tables of a kept plan are asked for, in which order, and what follows a page of them. Pure. */
import { LINES_OF_A_PART } from './kept-plan.ts';
import type { KeptTable } from './kept-plan.ts';
import type { ReasonCode } from './reasons.ts';
import type { CopyMethod } from './rules.ts';

/** What does not fit: a key column on one side only, another type, a shorter one; or a column that is not online. */
export const tableProblems = ['PK', 'T', 'L', 'ColumnsLeftOut'] as const;
type TableProblem = (typeof tableProblems)[number];

/** Which tables are wanted. What is left out does not matter. */
interface TableFilter {
  /** Empty: of the whole database. */
  readonly company?: string | undefined;
  readonly appId?: string | undefined;
  readonly copyMethod?: CopyMethod | undefined;
  readonly reasonCode?: ReasonCode | undefined;
  readonly problem?: TableProblem | undefined;
  /** Anywhere in the names of the table, without regard to case. */
  readonly text?: string | undefined;
  readonly withRows: boolean;
}

/** `plan`: as the tables stand in the source. */
export const tableOrders = ['plan', 'name', 'rows desc', 'bytes desc'] as const;
export type TableOrder = (typeof tableOrders)[number];

/** The place of a table in an order; the number of its line tells those apart that are alike. */
interface Place {
  readonly value: string | number;
  readonly line: number;
}

interface Placed extends Place {
  readonly table: KeptTable;
}

interface TablePage {
  readonly tables: readonly KeptTable[];
  /** Where the next page begins; none after the last one. */
  readonly next?: Place;
}

/** A page that is wanted, of those that follow each other. */
interface Wanted {
  readonly filter: TableFilter;
  readonly order: TableOrder;
  readonly size: number;
  /** Where the page before ends; undefined for the first one. */
  readonly after?: Place | undefined;
}

/**
 * Reads a plan to its end, or as far as the page goes; keeps no more than the page.
 * @param planFrom gives the plan from a part on
 */
export async function pageOf(planFrom: (part: number) => AsyncIterable<KeptTable>, wanted: Wanted): Promise<TablePage> {
  const { filter, order, size, after } = wanted;
  const best: Placed[] = [];
  const part = order === 'plan' && after !== undefined ? Math.floor(after.line / LINES_OF_A_PART) : 0;
  let line = part * LINES_OF_A_PART;
  for await (const table of planFrom(part)) {
    line += 1;
    const placed = { value: valueOf(table, order, line), line, table };
    if (!isWanted(table, filter) || (after !== undefined && compare(placed, after, order) <= 0)) continue;
    const worst = best.at(-1);
    const isFull = best.length > size;
    if (isFull && order === 'plan') break;
    if (isFull && worst !== undefined && compare(placed, worst, order) >= 0) continue;
    best.splice(placeFor(placed, best, order), 0, placed);
    if (isFull) best.pop();
  }
  const shown = best.slice(0, size);
  const last = shown.at(-1);
  const tables = shown.map(({ table }) => table);
  return best.length > size && last !== undefined
    ? { tables, next: { value: last.value, line: last.line } }
    : { tables };
}

function isWanted(table: KeptTable, filter: TableFilter): boolean {
  const { company, appId, copyMethod, reasonCode, problem, text, withRows } = filter;
  const same = (wanted: string | undefined, value: string) => wanted === undefined || wanted === value;
  return (
    same(company, table.company) &&
    same(appId, table.appId) &&
    same(copyMethod, table.copyMethod) &&
    same(reasonCode, table.reasonCode) &&
    (!withRows || table.rows > 0) &&
    (problem === undefined || hasProblem(table, problem)) &&
    (text === undefined || `${table.sourceTable}\n${table.destinationTable}`.toLowerCase().includes(text.toLowerCase()))
  );
}

/** As code 50011 has them: `[name] PK,T,|[other] L,`. */
function hasProblem({ problems = '', columnsLeftOut }: KeptTable, problem: TableProblem): boolean {
  if (problem === 'ColumnsLeftOut') return columnsLeftOut !== undefined;
  return problems.split('|').some((column) => column.slice(column.lastIndexOf(']') + 1).includes(`${problem},`));
}

function valueOf(table: KeptTable, order: TableOrder, line: number): string | number {
  const values = {
    plan: line,
    name: table.sourceTable.toLowerCase(),
    'rows desc': table.rows,
    'bytes desc': table.bytes,
  };
  return values[order];
}

function compare(a: Place, b: Place, order: TableOrder): number {
  if (a.value === b.value) return a.line - b.line;
  const ascending = a.value < b.value ? -1 : 1;
  return order.endsWith('desc') ? -ascending : ascending;
}

/** By halves: in an ascending plan the last one, in others anywhere. */
function placeFor(placed: Placed, among: readonly Placed[], order: TableOrder): number {
  let [low, high] = [0, among.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = among[middle];
    if (other !== undefined && compare(other, placed, order) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
