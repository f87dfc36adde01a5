/**
 * The rules by which a table is copied or left out. Each decision says why.
 * https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/migration-data-replication
 */
import { z } from 'zod';
import { planColumns } from './columns.ts';
import type { ColumnPlan, PlannedColumn } from './columns.ts';
import type { CatalogueColumn, CatalogueTable } from './catalogue.ts';
import { parseTableName } from './names.ts';
import type { Companies, TableNameParts } from './names.ts';
import { movedTable } from './moves.ts';
import { reasons } from './reasons.ts';
import type { LeftOutCode, ReasonCode } from './reasons.ts';
import { userMapping, userTables } from './user-mapping.ts';
import { nameKeyOf } from '../sql/collation.ts';

/** A row of `replicationRules`: what the environment's platform says about one of its tables. */
export const replicationRuleSchema = z.object({
  /** SQL name, with the company. */
  tableName: z.string(),
  replicateData: z.boolean(),
  preserveCloudData: z.boolean(),
});
export type ReplicationRule = z.infer<typeof replicationRuleSchema>;

/** `Delta`: changes since the last run. `Full`: the whole table. `Preserve`: changes, deleting nothing online. */
export const copyMethods = ['Delta', 'Full', 'Preserve', 'None'] as const;
export type CopyMethod = (typeof copyMethods)[number];

/** How a table is copied, and why. */
export interface Decision {
  readonly copyMethod: CopyMethod;
  readonly code: ReasonCode;
  /** In words, with what is particular to the table. */
  readonly reason: string;
  readonly destinationTable?: string;
  readonly columns?: readonly PlannedColumn[];
  /** Columns of the source that are not online. */
  readonly missingOnline?: readonly string[];
  readonly problems?: string;
}

/** An app that is installed online. */
export interface OnlineApp {
  /** Lower-case GUID. */
  readonly appId: string;
  readonly publisher: string;
}

/** A table online, whichever company it is of. */
interface Definition {
  readonly columns: readonly CatalogueColumn[];
  readonly isPerCompany: boolean;
}

/** What is known of the destination. */
export interface Environment {
  /** By lower-case table name without the company. */
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly companies: Companies;
  /** Publishers by app id. */
  readonly apps: ReadonlyMap<string, string>;
  /** By lower-case SQL name, and by lower-case name without the company for companies that are not online yet. */
  readonly rules: ReadonlyMap<string, ReplicationRule>;
}

/** Of all definitions together, far more than an environment has: what is read may be forged, and is held in memory. */
const MOST_COLUMNS = 2_000_000;

/** Reads the destination's catalogue to its end; keeps one definition a table, whatever the number of companies. */
export async function readEnvironment(
  tables: AsyncIterable<CatalogueTable>,
  context: {
    readonly onlineCompanies: readonly string[];
    readonly onlineApps: readonly OnlineApp[];
    readonly rules: readonly ReplicationRule[];
    readonly collation: string | null;
  },
): Promise<Environment> {
  const keyOf = nameKeyOf(context.collation);
  const online = new Set(context.onlineCompanies.map(keyOf));
  const companies: Companies = { has: (sqlName) => online.has(keyOf(sqlName)) };
  const definitions = new Map<string, Definition>();
  let kept = 0;
  for await (const { schemaName, tableName, columns } of tables) {
    const parts = parseTableName(tableName, companies);
    const name = parts.table.toLowerCase();
    if (schemaName === 'dbo' && !definitions.has(name)) {
      definitions.set(name, { columns, isPerCompany: parts.company !== '' });
      kept += columns.length;
      if (kept > MOST_COLUMNS) throw new Error(`The environment has more than ${MOST_COLUMNS} different columns.`);
    }
  }
  const rules = new Map<string, ReplicationRule>();
  for (const rule of context.rules) {
    rules.set(rule.tableName.toLowerCase(), rule);
    const name = parseTableName(rule.tableName, companies).table.toLowerCase();
    if (!rules.has(name)) rules.set(name, rule);
  }
  const apps = new Map(context.onlineApps.map(({ appId, publisher }) => [appId, publisher]));
  return { definitions, companies, apps, rules };
}

const buffers = '58623bfa-0559-4bc2-ae1c-0979c29fd9e0';

/** Tables that go to a buffer of the cloud migration app, from which the client takes them, by schema and name. */
const bufferTables: ReadonlyMap<string, string> = new Map([
  ['dbo.Record Link', `Replication Record Link Buffer$${buffers}`],
  [`${userMapping.schemaName}.${userMapping.tableName}`, `User Mapping Source$${buffers}`],
]);

/** Tables of the platform that are migrated to the table of the same name. */
const platformTables = new Set([
  'Tenant Feature Key',
  'Tenant Media',
  'Tenant Media Set',
  'Tenant Media Thumbnails',
  'Tenant Report Layout',
  'Tenant Report Layout Cfg',
  'Tenant Report Layout Override',
  'Tenant Report Layout Selection',
]);

/** The cloud migration apps, whose tables online steer the migration and must not be overwritten. */
export const migrationApps: ReadonlySet<string> = new Set([
  buffers,
  '334ef79e-547e-4631-8ba1-7a7f18e14de6',
  '6992416f-3f39-4d3c-8242-3fff61350bea',
  '57623bfa-0559-4bc2-ae1c-0979c29fc8d1',
]);

/** Media are shared by all companies, so that a copy must not delete what belongs to others. */
const alwaysPreserved = 'Tenant Media';
/** What an upgrade has done must be known exactly as the source knows it, or it runs twice. */
const neverPreserved = 'Upgrade Tags$63ca2fa4-4f03-4f2b-a480-172fef340d3f';

/** Decides about one table of the source. */
export function decide(table: CatalogueTable, parts: TableNameParts, environment: Environment): Decision {
  const buffer = bufferTables.get(`${table.schemaName}.${table.tableName}`);
  if (buffer !== undefined) return fitted(table, parts, { table: buffer, isBuffer: true }, environment);
  const exclusion = excluded(table, parts, environment);
  if (exclusion !== undefined) return exclusion;

  const place = placeOf(parts.table, environment);
  if (place !== parts.table && table.rowCount === 0)
    return left('MovedAndEmpty', `The table has moved to ${place} and is empty.`);
  return fitted(table, parts, { table: place }, environment);
}

/** A place of a table online, without the company. */
interface Place {
  readonly table: string;
  readonly isBuffer?: boolean;
  /** How the columns fit; left out: by their names. */
  readonly columns?: ColumnPlan;
}

/** How a table of the source is copied to a place online, if the two fit together. */
export function fitted(
  table: CatalogueTable,
  { company }: Pick<TableNameParts, 'company'>,
  { table: place, isBuffer = false, columns }: Place,
  environment: Environment,
): Decision {
  const definition = environment.definitions.get(place.toLowerCase());
  if (!definition) return leftBecause('50004', 'The table does not exist online');
  if (definition.isPerCompany !== (company !== '')) {
    const whose = definition.isPerCompany ? 'is of a company' : 'is of the whole database';
    return leftBecause('50005', `The table online ${whose}, that of the source is not`);
  }
  const destinationTable = company === '' ? place : `${company}$${place}`;
  const target = { ...table, tableName: destinationTable };
  const online = parseTableName(destinationTable, { has: (candidate) => candidate === company });
  const refusal = isBuffer ? undefined : refused(target, online, environment);
  if (refusal !== undefined) return left(refusal);

  const plan = columns ?? planColumns(table.columns, definition.columns, isBuffer);
  if (plan.problems !== '') {
    return { ...leftBecause('50011', 'The definitions on both sides do not fit together'), problems: plan.problems };
  }
  if (plan.columns.length === 0) return left('NoCommonColumn');
  const { columns: copies, missingOnline } = plan;
  return { ...copied(target, online, plan, environment), destinationTable, columns: copies, missingOnline };
}

/** A table that is not copied. */
export function left(code: ReasonCode, reason: string = reasons[code]): Decision {
  return { copyMethod: 'None', code, reason };
}

function leftBecause(code: LeftOutCode, reason: string): Decision {
  return { copyMethod: 'None', reason: `${reason} (${code}).`, code };
}

/** Where a table is online: where later versions have moved it, if it is not there any more under its own name. */
function placeOf(table: string, { definitions }: Environment): string {
  const moved = definitions.has(table.toLowerCase()) ? undefined : movedTable(table);
  return moved !== undefined && definitions.has(moved.toLowerCase()) ? moved : table;
}

function excluded(table: CatalogueTable, parts: TableNameParts, { apps }: Environment): Decision | undefined {
  const { company, table: name, appId } = parts;
  if (table.schemaName !== 'dbo') return left('OutsideSchema');
  if (name.startsWith('$ndo$')) return left('PlatformTable', 'The table belongs to the platform.');
  if (company === '' && userTables.has(name)) return left('UserTable');
  if (company === '' && appId === '' && !platformTables.has(name)) return left('PlatformTable');
  if (migrationApps.has(appId)) return left('MigrationTable');
  if (appId !== '' && apps.size > 0 && !apps.has(appId)) {
    return left('AppNotInstalled', `The app ${appId} is not installed online.`);
  }
  return undefined;
}

/** Whether the environment itself refuses the table. */
function refused(
  table: CatalogueTable,
  { table: name, baseTable }: TableNameParts,
  { rules }: Environment,
): ReasonCode | undefined {
  const rule = ruleOf(table, baseTable, rules);
  if (rule) return rule.replicateData ? undefined : 'TurnedOff';
  if (rules.size === 0 || platformTables.has(name)) return undefined;
  return 'NotListed';
}

/** A companion table goes with the table that it belongs to. */
function ruleOf(table: CatalogueTable, baseTable: string, rules: Environment['rules']): ReplicationRule | undefined {
  const fullName = table.tableName.toLowerCase().replace(/\$ext$/, '');
  return rules.get(fullName) ?? rules.get(baseTable.toLowerCase());
}

function copied(
  table: CatalogueTable,
  parts: TableNameParts,
  { columns, missingOnline }: ColumnPlan,
  { companies, rules }: Environment,
): Decision {
  const notes = [
    ...(rules.size === 0 ? ['The environment lists no tables yet.'] : []),
    ...(parts.company !== '' && !companies.has(parts.company)
      ? ['The company is created online after the setup; planned by the same table of another company.']
      : []),
    ...(missingOnline.length > 0 ? [`Not online, so left out: ${missingOnline.join(', ')}.`] : []),
  ];
  const because = (copyMethod: CopyMethod, code: ReasonCode) => {
    return { copyMethod, code, reason: [reasons[code], ...notes].join(' ') };
  };

  if (!columns.some(({ isKey }) => isKey)) return because('Full', 'NoPrimaryKey');
  if (parts.table === alwaysPreserved) return because('Preserve', 'MediaPreserved');
  if (parts.table === neverPreserved) return because('Delta', 'UpgradeTags');
  if (ruleOf(table, parts.baseTable, rules)?.preserveCloudData === true) {
    return parts.company === '' ? because('Preserve', 'CloudDataPreserved') : because('Delta', 'CloudDataOfCompany');
  }
  return because('Delta', 'ChangesTracked');
}
