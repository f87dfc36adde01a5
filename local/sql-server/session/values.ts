import type { Column } from '../tds/session.ts';
import type { SqlType } from '../tds/types.ts';
import type { SqlValue } from '../tds/values.ts';
import { UNNAMED } from '../translate/select.ts';
import type { Result } from './answer.ts';
import { NUMERIC } from './engine.ts';

const BOOL = 16;
const BYTEA = 17;
const TIMESTAMPTZ = 1184;
const UUID = 2950;

/** T-SQL types by PostgreSQL's type identifier; others are text. */
const TYPES: Readonly<Record<number, SqlType>> = {
  [BOOL]: { name: 'bit' },
  [BYTEA]: { name: 'varbinary', length: Infinity },
  20: { name: 'bigint' },
  21: { name: 'smallint' },
  23: { name: 'int' },
  26: { name: 'int' },
  700: { name: 'real' },
  701: { name: 'float' },
  1082: { name: 'date' },
  1083: { name: 'time', scale: 7 },
  1114: { name: 'datetime2', scale: 7 },
  [TIMESTAMPTZ]: { name: 'datetimeoffset', scale: 7 },
  [UUID]: { name: 'uniqueidentifier' },
};

const UNDECLARED = -1;
// What PostgreSQL adds to the modifier of a numeric: the size of a header.
const MODIFIER_OFFSET = 4;
const LARGEST_PRECISION = 38;
const LONGEST_INLINE = 4000;

/** A value as the text of a PostgreSQL parameter. */
export function toPostgres(value: SqlValue): string | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? '1' : '0';
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value);
}

/** A value from PostgreSQL's text. Integers stay text: their type says what they are. */
export function fromPostgres(type: number, text: string | null): SqlValue {
  if (text === null) return null;
  switch (type) {
    case BOOL:
      return text === 't';
    case BYTEA:
      return Buffer.from(text.slice(2), 'hex');
    case UUID:
      return text.toUpperCase();
    case TIMESTAMPTZ:
      return text.replace(/([+-]\d\d)$/, ' $1:00');
  }
  return text;
}

/** The columns of a result; `original` gives the full form of a shortened name. */
export function columnsOf(result: Result, original: (name: string) => string): Column[] {
  return result.fields.map(({ name, dataTypeID }, index) => ({
    name: name.startsWith(UNNAMED) ? '' : original(name),
    type: TYPES[dataTypeID] ?? (dataTypeID === NUMERIC ? decimalFor(result, index) : textFor(result, index)),
  }));
}

/** A column or a cast has its type declared; PostgreSQL does not tell the scale of others: the widest value decides. */
function decimalFor(result: Result, index: number): SqlType {
  const modifier = result.fields[index]?.dataTypeModifier ?? UNDECLARED;
  if (modifier !== UNDECLARED) {
    const declared = modifier - MODIFIER_OFFSET;
    return { name: 'decimal', precision: declared >> 16, scale: declared & 0xffff };
  }
  let scale = 0;
  let whole = 1;
  for (const row of result.rows) {
    const [digits = '', fraction = ''] = (row[index] ?? '').replace('-', '').split('.');
    scale = Math.max(scale, fraction.length);
    whole = Math.max(whole, digits.length);
  }
  return { name: 'decimal', precision: LARGEST_PRECISION, scale: Math.min(scale, LARGEST_PRECISION - whole) };
}

function textFor(result: Result, index: number): SqlType {
  const long = result.rows.some((row) => (row[index]?.length ?? 0) > LONGEST_INLINE);
  return { name: 'nvarchar', length: long ? Infinity : LONGEST_INLINE };
}
