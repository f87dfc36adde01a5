import { createHash } from 'node:crypto';
import { notSupported } from '../sql-error.ts';
import type { Scope } from './scope.ts';

// PostgreSQL keeps 63 bytes of a name: https://www.postgresql.org/docs/current/limits.html
const LONGEST_NAME = 63;
const KEPT_BYTES = 40;
const HASH_LENGTH = 20;

/**
 * SQL Server's names have up to 128 characters; longer ones than PostgreSQL keeps are shortened with a hash.
 * Remembers what each short form stands for.
 */
export class LongNames {
  readonly #originals = new Map<string, string>();

  /** The name PostgreSQL shall know. */
  shorten(name: string): string {
    if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
    const start = Buffer.from(name)
      .subarray(0, KEPT_BYTES)
      .toString('utf8')
      .replace(/\ufffd+$/, '');
    const short = `${start}~${createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)}`;
    this.#originals.set(short, name);
    return short;
  }

  /** The name as the user gave it. */
  original(name: string): string {
    return this.#originals.get(name) ?? name;
  }

  /** Short and original form of every long name met so far. */
  get entries(): ReadonlyMap<string, string> {
    return this.#originals;
  }
}

/** A delimited PostgreSQL identifier. The name is not shortened. */
export const delimited = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A PostgreSQL string literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A schema of the database with this key, as one PostgreSQL schema. */
export const schemaOf = (databaseKey: number, schema: string): string =>
  `${databaseKey}.${/^(dbo)?$/i.test(schema) ? 'dbo' : schema}`;

const isTemporary = (name: string) => name.startsWith('#') || name.startsWith('@');

/** PostgreSQL's name of a table, view or temporary table given as its parts. */
export function relation(parts: readonly string[], scope: Scope): string {
  const name = parts.at(-1) ?? '';
  if (isTemporary(name)) return scope.session.temporary(name);
  if (parts.length === 1 && scope.tableExpressions.has(name.toLowerCase())) return scope.quote(name);
  const schema = parts.at(-2) ?? 'dbo';
  const database = parts.at(-3);
  if (parts.length > 3) throw notSupported(`The linked server name ${parts.join('.')}`);
  const catalog = catalogSchema(schema);
  if (catalog === undefined) {
    const key = database ? scope.session.databaseKey(database) : scope.session.key;
    return `${scope.quote(schemaOf(key, schema))}.${scope.quote(name)}`;
  }
  if (database && scope.session.databaseKey(database) !== scope.session.key) {
    throw notSupported(`The catalog of another database (${parts.join('.')})`);
  }
  return `${catalog}.${scope.quote(catalog === 'sys' ? name.toLowerCase() : name.toUpperCase())}`;
}

/** PostgreSQL's schema for the views SQL Server has in `sys` and INFORMATION_SCHEMA. */
function catalogSchema(schema: string): string | undefined {
  if (/^sys$/i.test(schema)) return 'sys';
  return /^information_schema$/i.test(schema) ? 'information_schema_tsql' : undefined;
}
