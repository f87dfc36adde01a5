import type { SqlError } from '../sql-error.ts';
import type { SqlType } from './types.ts';
import type { SqlValue } from './values.ts';

export interface Column {
  readonly name: string;
  readonly type: SqlType;
}

export interface Parameter {
  /** With the leading `@`; empty when passed by position. */
  readonly name: string;
  readonly type: SqlType;
  readonly output: boolean;
  /** A session writes the outcome of an output parameter here. */
  value: SqlValue;
}

/** Where a session writes its answer, in the order the client will see. */
export interface Sink {
  columns(columns: readonly Column[]): void;
  /** Resolves when the client can take more: at once without a promise, which would be one for each of many rows. */
  row(values: readonly SqlValue[]): Promise<void> | undefined;
  /** Ends a statement; the count of rows it returned or changed. */
  done(count: number): void;
  message(message: SqlError): void;
  error(error: SqlError): void;
  transaction(change: 'begin' | 'commit' | 'rollback'): void;
  database(name: string): void;
}

export type TransactionRequest = 'begin' | 'commit' | 'rollback' | 'save';

/** What a connection needs from the engine once somebody has logged in. Requests never overlap. */
export interface Session {
  readonly database: string;
  batch(sql: string, parameters: readonly Parameter[], sink: Sink): Promise<void>;
  /** Runs a procedure by name and answers its return value. */
  procedure(name: string, parameters: readonly Parameter[], sink: Sink): Promise<number>;
  transaction(request: TransactionRequest, name: string, sink: Sink): Promise<void>;
  /** Loads rows for an `INSERT BULK` statement; answers how many. */
  bulkInsert(statement: string, columns: readonly Column[], rows: readonly SqlValue[][]): Promise<number>;
  /** Forgets what the last user of a pooled connection left behind. */
  reset(): Promise<void>;
  /** Makes the running request stop as soon as it can. May be called at any time. */
  cancel(): void;
  close(): Promise<void>;
}

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly application: string;
  /** An Entra access token, when the client logs in with one. */
  readonly token: string | undefined;
}

/** Checks a login. Rejects with the SqlError that the client shall see. */
export type Authenticate = (login: Login) => Promise<Session>;
