import { SqlError, notSupported } from '../sql-error.ts';
import type { SqlType } from '../tds/types.ts';
import { type TokenReader, splitAtCommas } from './token-reader.ts';

/** A T-SQL type as it was written. */
export interface DeclaredType extends SqlType {
  /** The name in `sys.types` when it is not `name`: `image`, `ntext`, `text`, `timestamp`. */
  readonly declared?: string;
}

const SYNONYMS: Readonly<Record<string, string>> = {
  integer: 'int',
  numeric: 'decimal',
  dec: 'decimal',
  smallmoney: 'money',
  character: 'char',
};

const WHOLE: Readonly<Record<string, DeclaredType>> = {
  sysname: { name: 'nvarchar', length: 128 },
  ntext: { name: 'nvarchar', length: Infinity, declared: 'ntext' },
  text: { name: 'varchar', length: Infinity, declared: 'text' },
  image: { name: 'varbinary', length: Infinity, declared: 'image' },
  timestamp: { name: 'binary', length: 8, declared: 'timestamp' },
  rowversion: { name: 'binary', length: 8, declared: 'timestamp' },
};

const PLAIN = /^(tinyint|smallint|int|bigint|bit|real|float|money|uniqueidentifier|date|datetime|smalldatetime)$/;
const SIZED = /^(n?(var)?char|(var)?binary)$/;
const SCALED = /^(time|datetime2|datetimeoffset)$/;
const REFUSED = /^(xml|json|sql_variant|hierarchyid|geography|geometry|cursor|vector)$/;
const LARGEST_REAL = 24;
const DEFAULT_SCALE = 7;

/** Reads a type where it is declared; `length` is that of a sized type which names none. Throws 2715 for an unknown type and refuses by name what is not supported. */
export function parseType(reader: TokenReader, length = 1): DeclaredType {
  const { line } = reader;
  if (reader.at('SYS', '.')) reader.position += 2;
  const written = reader.identifier().toLowerCase();
  if (written === 'double') reader.expect('PRECISION');
  const name = written === 'double' ? 'float' : (SYNONYMS[written] ?? written);
  const [first, second] = splitAtCommas(reader.acceptGroup() ?? []).map((part) => part[0]?.text.toLowerCase());
  const size = first === 'max' ? Infinity : first === undefined ? undefined : Number(first);
  const whole = WHOLE[name];
  if (whole) return whole;
  if (name === 'decimal') return { name, precision: size ?? 18, scale: Number(second ?? 0) };
  if (name === 'float' && size !== undefined && size <= LARGEST_REAL) return { name: 'real' };
  if (PLAIN.test(name)) return { name };
  if (SIZED.test(name)) return { name, length: size ?? length };
  if (SCALED.test(name)) return { name, scale: size ?? DEFAULT_SCALE };
  if (REFUSED.test(name)) throw notSupported(`Data type ${name}`, line);
  throw new SqlError(2715, `Cannot find data type ${name}.`, { state: 6, line });
}

/** The type as `sys.columns` must describe it: `nvarchar(20)`, `decimal(38,20)`, `image`. */
export function typeText(type: DeclaredType): string {
  if (type.declared) return type.declared;
  if (type.name === 'decimal') return `decimal(${type.precision},${type.scale})`;
  if (type.length !== undefined) return `${type.name}(${type.length === Infinity ? 'max' : type.length})`;
  return type.scale === undefined ? type.name : `${type.name}(${type.scale})`;
}
