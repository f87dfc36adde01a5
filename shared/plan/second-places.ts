/**
 * Tables of the source that fill another table online beside, or in place of, the one of their own name: those that callers
 * map, and those some of whose fields later versions keep in the companion table. Pure.
 */
import type { CatalogueTable } from './catalogue.ts';
import { planMovedFields } from './columns.ts';
import { movedTable, moveTargets } from './moves.ts';
import { parseTableName } from './names.ts';
import type { Companies, TableNameParts } from './names.ts';
import { fitted, left, migrationApps } from './rules.ts';
import type { Decision, Environment } from './rules.ts';
import { readTableName } from './selection.ts';
import type { TableMapping } from './selection.ts';

/** A table of the source, or a mapping that found none, and what is decided about it. */
interface SecondPlace {
  readonly table: CatalogueTable;
  readonly parts: TableNameParts;
  readonly decision: Decision & { readonly destinationTable: string };
}

interface ReadMapping extends TableMapping {
  readonly name: string;
  readonly source: TableNameParts;
}

interface Met {
  readonly table: CatalogueTable;
  readonly parts: TableNameParts;
  /** Undefined: the table has moved, and some of its fields perhaps elsewhere. */
  readonly mapping?: ReadMapping;
}

/** Remembers what it needs of the source while that streams by. */
export class SecondPlaces {
  readonly #mappings: readonly ReadMapping[];
  readonly #keyOf: (name: string) => string;
  readonly #met: Met[] = [];
  /** Tables online that are filled from a table of their own name; only those that a second table could fill too. */
  readonly #filled = new Set<string>();
  /** From which table to which one there is a row of the plan; only to those that a second table could fill too. */
  readonly #ways = new Set<string>();
  readonly #targets: ReadonlySet<string>;

  constructor(mappings: readonly TableMapping[], companies: Companies, keyOf: (name: string) => string) {
    this.#mappings = mappings.map((mapping) => {
      const name = readTableName(mapping.sourceTableName) ?? mapping.sourceTableName;
      return { ...mapping, name, source: parseTableName(name, companies) };
    });
    this.#keyOf = keyOf;
    const mapped = mappings.map((mapping) => targetOf(mapping).toLowerCase());
    this.#targets = new Set([...mapped, ...[...moveTargets].map((table) => `${table}$ext`)]);
  }

  /** Takes note of a table of the source, and of what is decided about it. */
  meet(table: CatalogueTable, parts: TableNameParts, { copyMethod, destinationTable }: Decision): void {
    if (copyMethod !== 'None' && destinationTable !== undefined) {
      const start = parts.company === '' ? 0 : parts.company.length + 1;
      const place = destinationTable.slice(start);
      if (this.#targets.has(place.toLowerCase())) {
        this.#filled.add(destinationTable.toLowerCase());
        this.#ways.add(this.#wayOf(table, destinationTable));
      }
      if (place === movedTable(parts.table) && !place.endsWith('$ext')) this.#met.push({ table, parts });
    }
    if (table.schemaName !== 'dbo') return;
    for (const mapping of this.#mappings) {
      if (this.#isNamed(mapping.source, parts)) this.#met.push({ table, parts, mapping });
    }
  }

  /**
   * Decides about what was met; a table online has one source, and a second way from the same table to it is none. A mapping
   * that met no table is told of too.
   */
  *decide(environment: Environment): Generator<SecondPlace> {
    const missing = this.#mappings
      .filter((mapping) => this.#met.every((met) => met.mapping !== mapping))
      .map((mapping) => ({ table: absent(mapping.name), parts: mapping.source, mapping }));
    for (const { table, parts, mapping } of [...this.#met, ...missing]) {
      const place = mapping === undefined ? companionOf(parts) : targetOf(mapping);
      const destinationTable = parts.company === '' ? place : `${parts.company}$${place}`;
      const way = this.#wayOf(table, destinationTable);
      if (this.#ways.has(way) || table.tableName.toLowerCase() === destinationTable.toLowerCase()) continue;
      const decision =
        mapping === undefined
          ? decideMovedFields(table, parts, environment)
          : decideMapped(table, parts, mapping, environment);
      if (decision === undefined) continue;
      this.#ways.add(way);
      yield { table, parts, decision: { ...this.#once(decision), destinationTable } };
    }
  }

  #once(decision: Decision): Decision {
    const { copyMethod, destinationTable } = decision;
    if (copyMethod === 'None' || destinationTable === undefined) return decision;
    const target = destinationTable.toLowerCase();
    if (this.#filled.has(target)) {
      return left('FilledByAnother', `Another table fills ${destinationTable} already.`);
    }
    this.#filled.add(target);
    return decision;
  }

  #wayOf({ tableName }: CatalogueTable, destinationTable: string): string {
    return `${this.#keyOf(tableName)}\n${destinationTable.toLowerCase()}`;
  }

  #isNamed(wanted: TableNameParts, { company, table }: TableNameParts): boolean {
    const isOfCompany = wanted.company === '' || this.#keyOf(wanted.company) === this.#keyOf(company);
    return isOfCompany && this.#keyOf(wanted.table) === this.#keyOf(table);
  }
}

function targetOf({ tableName, appId }: TableMapping): string {
  return `${tableName}$${appId}`;
}

/** The table online that has the fields of extensions of a table that has moved. */
function companionOf({ table }: TableNameParts): string {
  return `${movedTable(table) ?? table}$ext`;
}

function decideMapped(
  table: CatalogueTable,
  parts: TableNameParts,
  mapping: TableMapping,
  environment: Environment,
): Decision {
  const { tableName, appId } = mapping;
  const refusal =
    table.columns.length === 0
      ? left('50004', 'The table does not exist at the source (50004).')
      : refusedTarget(appId, environment);
  const decision = refusal ?? fitted(table, parts, { table: targetOf(mapping) }, environment);
  return { ...decision, reason: `Mapped to ${tableName}. ${decision.reason}` };
}

function refusedTarget(appId: string, { apps }: Environment): Decision | undefined {
  if (migrationApps.has(appId)) return left('MigrationTable', 'That table steers the migration itself.');
  if (apps.size > 0 && !apps.has(appId)) return left('AppNotInstalled', `Its app ${appId} is not installed online.`);
  if (apps.get(appId) === 'Microsoft') return left('MicrosoftTarget');
  return undefined;
}

/** @returns undefined if no field is kept elsewhere */
function decideMovedFields(
  table: CatalogueTable,
  parts: TableNameParts,
  environment: Environment,
): Decision | undefined {
  const companion = companionOf(parts);
  const online = environment.definitions.get(companion.toLowerCase());
  if (online === undefined) return undefined;
  const plan = planMovedFields(table.columns, online.columns, parts.appId);
  if (plan === undefined) return undefined;
  const decision = fitted(table, parts, { table: companion, columns: plan }, environment);
  return { ...decision, reason: `Fields that stayed with their app. ${decision.reason}` };
}

/** What is known of a table that the source has not. */
function absent(tableName: string): CatalogueTable {
  return { tableId: 0, schemaName: 'dbo', tableName, rowCount: 0, byteCount: 0, columns: [] };
}
