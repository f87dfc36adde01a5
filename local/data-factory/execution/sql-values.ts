import mssql from 'mssql';
import { ActivityError } from './activity-error.ts';
import type { Json, JsonObject } from '../json.ts';

/** A result set as the driver gives it, with its columns' types. */
export type Recordset = mssql.IRecordSet<Readonly<Record<string, unknown>>>;

/** A type as the driver names it: `mssql.Int` or what calling it gives. */
export type SqlType = (() => mssql.ISqlType) | mssql.ISqlType;

// https://learn.microsoft.com/azure/data-factory/transform-data-using-script#type-properties
// https://learn.microsoft.com/azure/data-factory/transform-data-using-stored-procedure#syntax-details
const PARAMETER_TYPES: Readonly<Record<string, SqlType>> = {
  boolean: mssql.Bit,
  date: mssql.Date,
  datetime: mssql.DateTime2,
  datetimeoffset: mssql.DateTimeOffset,
  decimal: mssql.Decimal(38, 10),
  double: mssql.Float,
  guid: mssql.UniqueIdentifier,
  int: mssql.Int,
  int16: mssql.SmallInt,
  int32: mssql.Int,
  int64: mssql.BigInt,
  single: mssql.Real,
  string: mssql.NVarChar(mssql.MAX),
};

const DATES = new Set<unknown>([
  mssql.Date,
  mssql.DateTime,
  mssql.DateTime2,
  mssql.DateTimeOffset,
  mssql.SmallDateTime,
  mssql.Time,
]);
const BINARIES = new Set<unknown>([mssql.Binary, mssql.VarBinary, mssql.Image]);

/** The SQL type of an activity's parameter by the name of its type, in any case. */
export function parameterType(name: string, errorCode: string): SqlType {
  const found = PARAMETER_TYPES[name.toLowerCase()];
  if (found !== undefined) return found;
  throw new ActivityError(errorCode, `The parameter type '${name}' is not supported by the local Data Factory.`);
}

/** A driver's value as JSON: times as ISO 8601, bytes as base64, bigint and nested values as text. */
function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** One row as JSON that can be inserted again without loss; bigint stays text. */
export function rowToJson(row: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toJson(value)]));
}

/** A result set as activities show it: like rowToJson, but bigint is a number as long as that is exact. */
export function rowsToJson(rows: Recordset): readonly JsonObject[] {
  const bigints = Object.values(rows.columns).filter(({ type }) => type === mssql.BigInt);
  return rows.map((row) => {
    const result: Record<string, Json> = { ...rowToJson(row) };
    for (const { name } of bigints) {
      const value = result[name];
      if (typeof value === 'string' && Number.isSafeInteger(Number(value))) result[name] = Number(value);
    }
    return result;
  });
}

/** The driver's value for a column or parameter of the given type: the inverse of rowToJson. */
export function fromJson(value: Json, type: SqlType): unknown {
  const factory = typeof type === 'function' ? type : type.type;
  if (typeof value === 'string' && DATES.has(factory)) return new Date(value);
  if (typeof value === 'string' && BINARIES.has(factory)) return Buffer.from(value, 'base64');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  if (value !== null && factory === mssql.NVarChar) return String(value);
  return value;
}
