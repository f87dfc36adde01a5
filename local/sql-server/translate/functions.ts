import { SqlError, notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import { parseType } from '../tsql/types.ts';
import { literal } from './names.ts';
import { orderBy, windowOf } from './ordering.ts';
import type { Scope } from './scope.ts';
import { cast, convert } from './types.ts';

/** CAST and CONVERT without a length: https://learn.microsoft.com/sql/t-sql/data-types/char-and-varchar-transact-sql */
const CAST_LENGTH = 30;

/** Functions that PostgreSQL has under the same name and meaning. */
const SAME = new Set(
  (
    'abs acos asin atan ceiling coalesce cos cume_dist dense_rank exp first_value floor lag last_value lead left lower ' +
    'ltrim max min ntile nullif percent_rank pi power rank reverse right row_number rtrim sign sin sqrt tan ' +
    'translate trim upper greatest least'
  ).split(' '),
);

/** Functions that the catalog files define in schema `tsql`. */
const OWN = new Set(
  (
    'isnull len datalength charindex patindex stuff space substring newid newsequentialid getdate getutcdate sysdatetime ' +
    'sysutcdatetime sysdatetimeoffset year month day eomonth datefromparts format isjson json_value json_query isnumeric ' +
    'quotename parsename object_name object_schema_name schema_name db_id db_name databasepropertyex ' +
    'objectproperty col_length col_name suser_sname suser_name user_name original_login loginproperty stats_date fileproperty hashbytes ident_current type_name ' +
    'type_id has_perms_by_name is_srvrolemember is_rolemember is_member change_tracking_current_version ' +
    'change_tracking_min_valid_version min_active_rowversion ascii char unicode nchar count count_big sum avg concat_ws ' +
    'square string_escape compress decompress replace'
  ).split(' '),
);

/** Functions whose answer the session holds. */
const SESSION = new Set(
  (
    'error_number error_message error_severity error_state error_line error_procedure xact_state scope_identity app_name ' +
    'host_name'
  ).split(' '),
);

const NUMERIC_SERVER_PROPERTIES = /^(engineedition|isintegratedsecurityonly|isclustered|ishadrenabled|issingleuser)$/i;

const DATE_PARTS: Readonly<Record<string, string>> = {
  yy: 'year',
  yyyy: 'year',
  qq: 'quarter',
  q: 'quarter',
  mm: 'month',
  m: 'month',
  dy: 'dayofyear',
  y: 'dayofyear',
  dd: 'day',
  d: 'day',
  wk: 'week',
  ww: 'week',
  dw: 'weekday',
  hh: 'hour',
  mi: 'minute',
  n: 'minute',
  ss: 'second',
  s: 'second',
  ms: 'millisecond',
  mcs: 'microsecond',
  isowk: 'iso_week',
  isoww: 'iso_week',
};

/** One call, with the reader behind its parentheses. */
interface Call {
  readonly name: string;
  readonly line: number;
  readonly tokens: readonly Token[];
  readonly arguments: readonly Token[][];
  readonly express: (tokens: readonly Token[]) => string;
  readonly reader: TokenReader;
}

type Build = (call: Call) => string;

const argument = (call: Call, index: number): string => {
  const tokens = call.arguments[index];
  if (!tokens)
    throw new SqlError(174, `The ${call.name} function requires more arguments.`, { severity: 15, line: call.line });
  return call.express(tokens);
};

const list = (call: Call): string => call.arguments.map((tokens) => call.express(tokens)).join(', ');

function castCall(soft: boolean): Build {
  return ({ tokens, express }) => {
    const as = tokens.findLastIndex((token) => isWord(token, 'AS'));
    return cast(express(tokens.slice(0, as)), parseType(new TokenReader(tokens, as + 1), CAST_LENGTH), soft);
  };
}

function convertCall(soft: boolean): Build {
  return (call) => {
    const type = parseType(new TokenReader(call.arguments[0] ?? []), CAST_LENGTH);
    const value = argument(call, 1);
    if (call.arguments.length < 3) return cast(value, type, soft);
    if (soft) throw notSupported('TRY_CONVERT with a style', call.line);
    return convert(value, type, argument(call, 2));
  };
}

const datePart: Build = (call) => {
  const part = call.arguments[0]?.[0]?.text.toLowerCase() ?? '';
  const values = call.arguments.slice(1).map((tokens) => call.express(tokens));
  return `tsql.${call.name}(${[literal(DATE_PARTS[part] ?? part), ...values].join(', ')})`;
};

const stringAggregate: Build = (call) => {
  const within = call.reader.accept('WITHIN', 'GROUP') ? call.reader.group().slice(2) : undefined;
  const order = within ? ` ORDER BY ${orderBy(within, call.express)}` : '';
  return `string_agg(tsql.str(${argument(call, 0)}), ${argument(call, 1)}${order})`;
};

const serverProperty: Build = (call) => {
  const name = call.arguments[0]?.[0];
  const value = `tsql.serverproperty(${list(call)})`;
  return name?.kind === 'string' && NUMERIC_SERVER_PROPERTIES.test(name.text) ? `${value}::int4` : value;
};

/** What no column has a part in is looked up once, as a sub-query, and not again for every row. */
const lookup: Build = (call) => {
  const value = `tsql.${call.name}(${list(call)})`;
  const isSame = call.tokens.every(({ kind }) => kind === 'string' || kind === 'variable' || kind === 'operator');
  return isSame ? `(SELECT ${value})` : value;
};

const SPECIAL: Readonly<Record<string, Build>> = {
  cast: castCall(false),
  try_cast: castCall(true),
  convert: convertCall(false),
  try_convert: convertCall(true),
  iif: (call) => `(CASE WHEN ${argument(call, 0)} THEN ${argument(call, 1)} ELSE ${argument(call, 2)} END)`,
  dateadd: datePart,
  datediff: datePart,
  datediff_big: datePart,
  datepart: datePart,
  datename: datePart,
  string_agg: stringAggregate,
  serverproperty: serverProperty,
  object_id: lookup,
  schema_id: lookup,
  concat: (call) => `concat(${call.arguments.map((tokens) => `tsql.str(${call.express(tokens)})`).join(', ')})`,
  replicate: (call) => `repeat(${list(call)})`,
  round: (call) => `round((${argument(call, 0)})::numeric, ${argument(call, 1)})`,
  log: (call) => {
    if (call.arguments.length === 1) return `ln(${argument(call, 0)})`;
    return `log((${argument(call, 1)})::numeric, (${argument(call, 0)})::numeric)::float8`;
  },
};

/** Translates the call of a built-in function; the reader stands at its name. Throws 195 for an unknown function. */
export function functionCall(reader: TokenReader, scope: Scope, express: (tokens: readonly Token[]) => string): string {
  const { text, line } = reader.take();
  const tokens = reader.group();
  const call: Call = { name: text.toLowerCase(), line, tokens, arguments: splitAtCommas(tokens), express, reader };
  const value = build(call, scope);
  return reader.accept('OVER') ? `${value} OVER (${windowOf(reader.group(), express)})` : value;
}

function build(call: Call, scope: Scope): string {
  const { name, tokens, express, line } = call;
  if (SESSION.has(name)) return scope.session.value(`${name}()`, line);
  const special = SPECIAL[name];
  if (special) return special(call);
  if (!OWN.has(name) && !SAME.has(name)) {
    const message = `'${name}' is not a built-in function that the local SQL endpoint knows.`;
    throw new SqlError(195, message, { severity: 15, state: 10, line });
  }
  const target = OWN.has(name) ? `tsql."${name}"` : name;
  if (tokens.length === 1 && isWord(tokens[0], '*')) return `${target}(*)`;
  return isWord(tokens[0], 'DISTINCT') ? `${target}(DISTINCT ${express(tokens.slice(1))})` : `${target}(${list(call)})`;
}
