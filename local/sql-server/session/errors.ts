import { SqlError } from '../sql-error.ts';

/** The fields of a PostgreSQL error that its translation reads. */
interface PostgresError {
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly constraint?: string | undefined;
  readonly dataType?: string | undefined;
}

interface Translation {
  readonly number: number;
  readonly severity?: number;
  /** SQL Server's text; PostgreSQL's own is kept when there is none. */
  readonly text?: (error: PostgresError) => string;
}

/** The first delimited or quoted part of a message, without the database's key. */
function quoted(error: PostgresError): string {
  const name = /"(.*)"/.exec(error.message)?.[1] ?? '';
  return name.replace(/^\d+\./, '');
}

/** The values in PostgreSQL's `Key (a, b)=(1, 2) already exists.` */
const keyValue = (detail = '') => /\)=\((.*)\) already exists/s.exec(detail)?.[1] ?? '';

const duplicate = ({ constraint, table, detail }: PostgresError) =>
  `Violation of PRIMARY KEY or UNIQUE KEY constraint '${constraint}'. Cannot insert duplicate key in object '${table}'. The duplicate key value is (${keyValue(detail)}).`;

const conflict = ({ constraint, table }: PostgresError) =>
  `The statement conflicted with the constraint "${constraint}". The conflict occurred in table "${table}".`;

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  '0A000': { number: 40510 },
  '21000': { number: 512 },
  '22001': { number: 2628, text: () => 'String or binary data would be truncated.' },
  '22003': { number: 8115, text: ({ message }) => `Arithmetic overflow error: ${message}.` },
  '22007': { number: 241, text: () => 'Conversion failed when converting date and/or time from character string.' },
  '22008': { number: 242, text: () => 'The conversion of a text to a date or time resulted in an out-of-range value.' },
  '22012': { number: 8134, text: () => 'Divide by zero error encountered.' },
  '22P02': { number: 245, text: ({ message }) => `Conversion failed: ${message}.` },
  '23502': {
    number: 515,
    text: ({ column, table }) =>
      `Cannot insert the value NULL into column '${column}', table '${table}'; column does not allow nulls.`,
  },
  '23503': { number: 547, text: conflict },
  '23505': { number: 2627, severity: 14, text: duplicate },
  '23514': { number: 547, text: conflict },
  '2BP01': { number: 3729, text: (error) => `Cannot drop '${quoted(error)}' because other objects depend on it.` },
  '3F000': {
    number: 2760,
    text: (error) =>
      `The specified schema name "${quoted(error)}" either does not exist or you do not have permission to use it.`,
  },
  '42501': { number: 229, severity: 14 },
  '42601': { number: 102, severity: 15 },
  '42701': { number: 2705, text: (error) => `Column name '${quoted(error)}' is specified more than once.` },
  '42702': { number: 209, text: (error) => `Ambiguous column name '${quoted(error)}'.` },
  '42703': { number: 207, text: ({ message }) => `Invalid column name: ${message}.` },
  '42704': { number: 3701, severity: 11, text: (error) => `Cannot find the object '${quoted(error)}'.` },
  '42710': { number: 2714, text: (error) => `There is already an object named '${quoted(error)}' in the database.` },
  '42803': { number: 8120 },
  '42804': { number: 206 },
  '42883': { number: 402 },
  '42P01': { number: 208, text: (error) => `Invalid object name '${quoted(error).replace(/^\d+\./, '')}'.` },
  '42P06': {
    number: 2759,
    text: (error) => `CREATE SCHEMA failed: there is already a schema named '${quoted(error)}'.`,
  },
  '42P07': { number: 2714, text: (error) => `There is already an object named '${quoted(error)}' in the database.` },
  '42P18': { number: 402 },
  '42P22': { number: 468 },
  '42P21': { number: 468 },
  '428C9': {
    number: 544,
    text: () => 'Cannot insert explicit value for identity column when IDENTITY_INSERT is set to OFF.',
  },
};

/** A table has a function for its changes while it is tracked. */
const UNTRACKED = /^function tracked\./;
const NOT_TRACKED: Translation = {
  number: 22105,
  text: ({ message }) => `Change tracking is not enabled on table '${/"\."(.*)"/.exec(message)?.[1] ?? ''}'.`,
};

/** Errors after which a batch goes on with its next statement, unless XACT_ABORT is on. */
const STATEMENT_ERRORS = new Set([272, 273, 512, 515, 544, 547, 2601, 2627, 2628, 8115, 8134, 50000]);

/** Whether only the statement ends, and not the batch. */
export function endsOnlyStatement(error: SqlError): boolean {
  return STATEMENT_ERRORS.has(error.number);
}

/** What the client is told about any failure; `original` gives the full form of a shortened name. */
export function asSqlError(error: unknown, original: (name: string) => string): SqlError {
  if (error instanceof SqlError) return error;
  if (!isPostgresError(error)) throw error;
  const numbered = /^\[(\d+)\] (.*)$/s.exec(error.message);
  if (numbered) return new SqlError(Number(numbered[1]), numbered[2] ?? '');
  const translation = UNTRACKED.test(error.message) ? NOT_TRACKED : TRANSLATIONS[error.code];
  const named = { ...pick(error, original) };
  const text = translation?.text?.(named) ?? [named.message, named.detail].filter(Boolean).join(' ');
  const { number, severity } = refine(translation, named);
  return new SqlError(number, text, severity === undefined ? {} : { severity });
}

function refine(
  translation: Translation | undefined,
  error: PostgresError,
): { number: number; severity: number | undefined } {
  const { number, severity } = translation ?? { number: 50000 };
  if (number === 2627 && error.constraint?.startsWith(`${error.table}.`)) return { number: 2601, severity };
  if (number === 512 && error.message.startsWith('MERGE')) return { number: 8672, severity };
  return { number, severity };
}

function isPostgresError(error: unknown): error is PostgresError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'severity' in error;
}

/** The error with the names the user knows; database keys are removed. */
function pick(error: PostgresError, original: (name: string) => string): PostgresError {
  const name = (text: string | undefined) => (text === undefined ? undefined : original(text));
  return {
    code: error.code,
    message: error.message.replace(/"(\d+\.)?([^"]*)"/g, (_all, _key, text: string) => `"${original(text)}"`),
    detail: error.detail,
    table: name(error.table),
    column: name(error.column),
    constraint: name(error.constraint),
    dataType: error.dataType,
  };
}
