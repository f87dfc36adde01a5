import { type SqlType, isNational, isText } from '../tds/types.ts';
import { literal } from './names.ts';

const LARGEST_SCALE = 6;

const WHOLE: Readonly<Record<string, string>> = {
  tinyint: 'int2',
  smallint: 'int2',
  int: 'int4',
  bigint: 'int8',
  bit: 'bool',
  real: 'float4',
  float: 'float8',
  money: 'numeric(19,4)',
  uniqueidentifier: 'uuid',
  date: 'date',
  datetime: 'timestamp(3)',
  smalldatetime: 'timestamp(0)',
  varbinary: 'bytea',
  binary: 'bytea',
};

/** PostgreSQL's type for a T-SQL type. Time scales above 6 are cut to 6. */
export function postgresType(type: SqlType): string {
  const scale = Math.min(type.scale ?? LARGEST_SCALE, LARGEST_SCALE);
  switch (type.name) {
    case 'decimal':
      return `numeric(${type.precision ?? 18},${type.scale ?? 0})`;
    case 'nvarchar':
    case 'varchar':
      return type.length === Infinity ? 'text' : `varchar(${type.length ?? 1})`;
    case 'nchar':
    case 'char':
      return `char(${type.length ?? 1})`;
    case 'datetime2':
      return `timestamp(${scale})`;
    case 'datetimeoffset':
      return `timestamptz(${scale})`;
    case 'time':
      return `time(${scale})`;
  }
  return WHOLE[type.name] ?? type.name;
}

/** The type without length or precision: what a parameter is cast to, so that nothing is cut. */
export function looseType(type: SqlType): string {
  const exact = postgresType(type);
  if (/^(var)?char\(/.test(exact)) return 'text';
  return type.name === 'decimal' ? exact : exact.replace(/\(\d\)$/, '');
}

/** CAST, or with `soft` TRY_CAST, of a PostgreSQL expression to a T-SQL type. */
export function cast(value: string, type: SqlType, soft: boolean): string {
  const target = postgresType(type);
  if (isNational(type)) return `(tsql.national(${value}))::${target}`;
  if (isText(type)) return `(tsql.str(${value}))::${target}`;
  if (soft) return `tsql.try_cast((${value})::text, ${literal(target)}, null::${target})`;
  if (type.name.endsWith('binary'))
    return `tsql.to_binary(${value}, ${type.name === 'binary' ? (type.length ?? 1) : 'NULL'})`;
  if (type.name.endsWith('int')) return `tsql.to_int(${value})::${target}`;
  return `(${value})::${target}`;
}

/** CONVERT with a style. */
export function convert(value: string, type: SqlType, style: string): string {
  if (type.name.endsWith('char')) return `tsql.convert_text(${value}, ${style})::${postgresType(type)}`;
  if (type.name.endsWith('binary')) return `tsql.convert_binary(${value}, ${style})`;
  return `tsql.convert_date(${value}, ${style})::${postgresType(type)}`;
}
