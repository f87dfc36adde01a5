import { createHash } from 'node:crypto';

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
  readonly #met: [short: string, original: string][] = [];

  /** The name PostgreSQL shall know. */
  shorten(name: string): string {
    if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
    const start = Buffer.from(name)
      .subarray(0, KEPT_BYTES)
      .toString('utf8')
      .replace(/\ufffd+$/, '');
    const short = `${start}~${createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH)}`;
    if (!this.#originals.has(short)) this.#met.push([short, name]);
    this.#originals.set(short, name);
    return short;
  }

  /** The name as the user gave it. */
  original(name: string): string {
    return this.#originals.get(name) ?? name;
  }

  /** Short and original form of every long name met, but for the first ones. */
  after(count: number): readonly (readonly [short: string, original: string])[] {
    return this.#met.slice(count);
  }
}

/** A delimited PostgreSQL identifier. The name is not shortened. */
export const delimited = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A PostgreSQL string literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A schema of the database with this key, as one PostgreSQL schema. */
export const schemaOf = (databaseKey: number, schema: string): string =>
  `${databaseKey}.${/^(dbo)?$/i.test(schema) ? 'dbo' : schema}`;
