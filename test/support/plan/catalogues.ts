/** Catalogues of both sides, and the plans that come of them, for tests. */
import { planLimitsSchema } from '../../../shared/plan/groups.ts';
import type { CatalogueColumn, CatalogueTable } from '../../../shared/plan/catalogue.ts';
import { planTables } from '../../../shared/plan/plan.ts';
import type { PlanContext, PlannedTable } from '../../../shared/plan/plan.ts';
import type { OnlineApp } from '../../../shared/plan/rules.ts';

export const app = '437dbf0e-84ff-417a-965d-ed2bb9650972';
export const otherApp = 'a7d0b2c4-6e18-4f3a-8b95-2c1d3e4f5a60';
export const system = '63ca2fa4-4f03-4f2b-a480-172fef340d3f';

export const context: PlanContext = {
  companies: [
    { name: 'CRONUS A.', sqlName: 'CRONUS A_' },
    { name: 'CRONUS B', sqlName: 'CRONUS B' },
  ],
  onlineCompanies: ['CRONUS A_'],
  onlineApps: installed(app, system),
  rules: [],
  limits: planLimitsSchema.parse({}),
  collation: 'Latin1_General_100_CI_AS',
  selection: {},
};

/** Apps that are installed online, as those of Microsoft unless it is said otherwise. */
export function installed(...appIds: readonly string[]): OnlineApp[] {
  return appIds.map((appId) => ({ appId, publisher: 'Microsoft' }));
}

export function column(columnName: string, change: Partial<CatalogueColumn> = {}): CatalogueColumn {
  return {
    ordinal: 1,
    columnName,
    typeName: 'int',
    maxLength: 4,
    precision: 10,
    scale: 0,
    isNullable: false,
    isIdentity: false,
    isComputed: false,
    isRowVersion: false,
    keyOrdinal: null,
    collation: null,
    ...change,
  };
}

export function text(columnName: string, length: number, change: Partial<CatalogueColumn> = {}): CatalogueColumn {
  const maxLength = length === Infinity ? -1 : 2 * length;
  return column(columnName, { typeName: 'nvarchar', maxLength, precision: 0, ...change });
}

export const key = text('No_', 20, { keyOrdinal: 1 });
const rowVersion = column('timestamp', {
  typeName: 'timestamp',
  maxLength: 8,
  precision: 0,
  isRowVersion: true,
});

export function table(
  tableName: string,
  columns = [rowVersion, key],
  change: Partial<CatalogueTable> = {},
): CatalogueTable {
  return { tableId: 1, schemaName: 'dbo', tableName, rowCount: 10, byteCount: 8192, columns, ...change };
}

export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function plan(
  source: readonly CatalogueTable[],
  destination: readonly CatalogueTable[],
  change: Partial<PlanContext> = {},
): Promise<PlannedTable[]> {
  return await collect(planTables(each(source), each(destination), { ...context, ...change }));
}

export async function planOne(
  source: CatalogueTable,
  destination: readonly CatalogueTable[] = [source],
  change: Partial<PlanContext> = {},
): Promise<PlannedTable | undefined> {
  const [only] = await plan([source], destination, change);
  return only;
}
