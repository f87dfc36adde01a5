import type { Token } from '../tsql/lexer.ts';
import { type LongNames, delimited } from './names.ts';

/** What only the session knows. */
export interface SessionNames {
  /** Key of the current database. */
  readonly key: number;
  /** Key of a database on the same server. Throws 911 when there is none. */
  databaseKey(name: string): number;
  /** PostgreSQL's name of a temporary table or table variable. */
  temporary(name: string): string;
  /** A variable, a system value (`@@rowcount`) or a system function (`error_number()`) as a PostgreSQL expression. */
  value(name: string, line: number): string;
  /** SET IDENTITY_INSERT … ON is in force. */
  readonly identityInsert: boolean;
}

/** What one statement's translation shares. */
export class Scope {
  readonly session: SessionNames;
  /** Names of the common table expressions in force, in lower case. */
  readonly tableExpressions = new Set<string>();
  /** Translates a query expression; set by the translator, which knows all parts. */
  readonly query: (tokens: readonly Token[]) => string;
  readonly #names: LongNames;

  constructor(session: SessionNames, names: LongNames, query: (tokens: readonly Token[], scope: Scope) => string) {
    this.session = session;
    this.#names = names;
    this.query = (tokens) => query(tokens, this);
  }

  /** A delimited identifier, shortened when it is too long for PostgreSQL. */
  quote(name: string): string {
    return delimited(this.#names.shorten(name));
  }

  /** The name PostgreSQL knows. */
  shorten(name: string): string {
    return this.#names.shorten(name);
  }
}
