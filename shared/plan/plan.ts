/**
 * Which tables are copied, and how. Pure, and made for many tables: the source is planned as it streams by; of the
 * destination, one definition a table is kept, whatever the number of companies.
 */
import type { PlannedColumn } from './columns.ts';
import type { CatalogueTable } from './catalogue.ts';
import { TableGroups } from './groups.ts';
import type { PlanLimits, TableGroup } from './groups.ts';
import { nameKeyOf } from '../sql/collation.ts';
import { parseTableName } from './names.ts';
import type { Companies, TableNameParts } from './names.ts';
import type { ReasonCode } from './reasons.ts';
import { decide, left, readEnvironment } from './rules.ts';
import type { CopyMethod, Decision, OnlineApp, ReplicationRule } from './rules.ts';
import { SecondPlaces } from './second-places.ts';
import type { Selection } from './selection.ts';
import { withUserMapping } from './user-mapping.ts';

/** What a plan depends on beside the two catalogues. */
export interface PlanContext {
  readonly companies: readonly { readonly name: string; readonly sqlName: string }[];
  /** SQL names of the companies that exist online. */
  readonly onlineCompanies: readonly string[];
  /** The apps that are installed online. Empty when they cannot be listed; then none counts as missing. */
  readonly onlineApps: readonly OnlineApp[];
  /** Empty when the platform has not listed its tables yet; then no table is left out for its rule. */
  readonly rules: readonly ReplicationRule[];
  readonly limits: PlanLimits;
  /** Of the source: how companies are told from each other. */
  readonly collation: string | null;
  readonly selection: Selection;
}

/** A row of the plan, `mig.ReplicationTable`; also for tables that are not copied. */
export interface PlannedTable extends TableGroup {
  readonly controlId: number;
  readonly sourceSchema: string;
  readonly sourceTable: string;
  readonly destinationTable: string;
  /** Name of the company; `''` for data of the whole database. */
  readonly company: string;
  /** SQL name without the company. */
  readonly tableName: string;
  readonly appId: string;
  readonly copyMethod: CopyMethod;
  readonly columns: readonly PlannedColumn[];
  readonly rowCount: number;
  readonly byteCount: number;
  readonly code: ReasonCode;
  /** Why the table is copied so, or not at all; at most 400 characters. */
  readonly reason: string;
  /** Columns of the source that are not online. */
  readonly missingOnline: readonly string[];
  readonly problems: string;
}

/**
 * Plans every table of the source, in its order, then its users and the tables that fill a second table online.
 * `destination` is read to its end first.
 */
export async function* planTables(
  source: AsyncIterable<CatalogueTable>,
  destination: AsyncIterable<CatalogueTable>,
  context: PlanContext,
): AsyncGenerator<PlannedTable> {
  const environment = await readEnvironment(destination, context);
  const keyOf = nameKeyOf(context.collation);
  const companyNames = new Map(context.companies.map(({ name, sqlName }) => [keyOf(sqlName), name]));
  const known: Companies = { has: (sqlName) => companyNames.has(keyOf(sqlName)) };
  const companyOf = (parts: TableNameParts) => companyNames.get(keyOf(parts.company)) ?? '';
  const isSelected = selectorOf(context.selection);
  const secondPlaces = new SecondPlaces(context.selection.tableMappings ?? [], known, keyOf);
  const groups = new TableGroups(context.limits);
  let controlId = 0;
  const planned = (table: CatalogueTable, parts: TableNameParts, decision: Decision): PlannedTable => ({
    controlId: (controlId += 1),
    ...describedTable(table, parts, decision),
    company: companyOf(parts),
    ...groups.place(decision.copyMethod, table.byteCount),
  });
  for await (const table of withUserMapping(source)) {
    const parts = parseTableName(table.tableName, known);
    const decision = isSelected(companyOf(parts)) ? decide(table, parts, environment) : notSelected;
    secondPlaces.meet(table, parts, decision);
    yield planned(table, parts, decision);
  }
  for (const { table, parts, decision } of secondPlaces.decide(environment)) {
    const { destinationTable } = decision;
    yield planned(table, parts, isSelected(companyOf(parts)) ? decision : { ...notSelected, destinationTable });
  }
}

const notSelected = left('CompanyNotSelected');

function selectorOf({ companies }: Selection): (company: string) => boolean {
  const selected = new Set(companies);
  return (company) => company === '' || companies === undefined || selected.has(company);
}

function describedTable(table: CatalogueTable, parts: TableNameParts, decision: Decision) {
  return {
    sourceSchema: table.schemaName,
    sourceTable: table.tableName,
    destinationTable: decision.destinationTable ?? table.tableName,
    tableName: parts.table,
    appId: parts.appId,
    copyMethod: decision.copyMethod,
    columns: decision.columns ?? [],
    rowCount: table.rowCount,
    byteCount: table.byteCount,
    reason: shorten(decision.reason),
    code: decision.code,
    missingOnline: decision.missingOnline ?? [],
    problems: decision.problems ?? '',
  };
}

/** The numbers of a plan. */
export interface PlanSummary {
  readonly byCopyMethod: Readonly<Record<CopyMethod, number>>;
  readonly large: number;
  readonly small: number;
  readonly packs: number;
  /** Of the tables that are copied. */
  readonly rows: number;
  /** Tables that have rows and are not copied. */
  readonly leftOut: number;
}

export const emptyPlanSummary: PlanSummary = {
  byCopyMethod: { Delta: 0, Full: 0, Preserve: 0, None: 0 },
  large: 0,
  small: 0,
  packs: 0,
  rows: 0,
  leftOut: 0,
};

/** Adds a part of a plan to the numbers of the parts before it. */
export function summarizePlan(tables: Iterable<PlannedTable>, before: PlanSummary = emptyPlanSummary): PlanSummary {
  const byCopyMethod = { ...before.byCopyMethod };
  let { large, small, packs, rows, leftOut } = before;
  for (const { copyMethod, flow, groupNumber, rowCount } of tables) {
    byCopyMethod[copyMethod] += 1;
    if (flow === 'None') {
      if (rowCount > 0) leftOut += 1;
      continue;
    }
    rows += rowCount;
    if (flow === 'Large') large += 1;
    else {
      small += 1;
      packs = Math.max(packs, groupNumber);
    }
  }
  return { byCopyMethod, large, small, packs, rows, leftOut };
}

const maxReason = 400;

function shorten(reason: string): string {
  return reason.length <= maxReason ? reason : `${reason.slice(0, maxReason - 1)}…`;
}
