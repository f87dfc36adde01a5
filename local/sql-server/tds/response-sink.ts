import type { SqlError } from '../sql-error.ts';
import type { ResponseWriter } from './packets.ts';
import type { Column, Sink } from './session.ts';
import {
  DONE,
  type DoneToken,
  columnsToken,
  databaseChangedToken,
  doneToken,
  messageToken,
  transactionToken,
  writeRow,
} from './tokens.ts';
import { type SqlValue, type WriteValue, valueWriter } from './values.ts';

/** Turns what a session reports into the tokens of one response. */
export class ResponseSink implements Sink {
  /** True once an error was reported. */
  failed = false;
  /** Descriptor of the last transaction that was started on the connection. */
  transactions: number;
  readonly #writer: ResponseWriter;
  readonly #serverName: string;
  readonly #statementEnd: DoneToken;
  #columns: readonly WriteValue[] = [];
  #cancelled = false;

  constructor(writer: ResponseWriter, serverName: string, final: DoneToken, transactions: number) {
    this.#writer = writer;
    this.#serverName = serverName;
    this.#statementEnd = final === DONE.procedure ? DONE.inProcedure : DONE.statement;
    this.transactions = transactions;
  }

  put(tokens: Buffer): void {
    this.#writer.tokens.bytes(tokens);
  }

  /** Drops the rows that are still to come. */
  cancel(): void {
    this.#cancelled = true;
  }

  columns(columns: readonly Column[]): void {
    this.#columns = columns.map(({ type }) => valueWriter(type));
    this.put(columnsToken(columns));
  }

  row(values: readonly SqlValue[]): Promise<void> | undefined {
    if (this.#cancelled) return undefined;
    writeRow(this.#writer.tokens, this.#columns, values);
    return this.#writer.settle();
  }

  done(count: number): void {
    this.put(doneToken(this.#statementEnd, { more: true, count }));
  }

  message(message: SqlError): void {
    this.put(messageToken('message', message, this.#serverName));
  }

  error(error: SqlError): void {
    this.fail(error);
    this.put(doneToken(this.#statementEnd, { more: true, failed: true }));
  }

  /** The error that ends the response. */
  fail(error: SqlError): void {
    this.failed = true;
    this.put(messageToken('error', error, this.#serverName));
  }

  transaction(change: 'begin' | 'commit' | 'rollback'): void {
    if (change === 'begin') this.transactions++;
    this.put(transactionToken(change, this.transactions));
  }

  database(name: string): void {
    this.put(databaseChangedToken(name));
  }
}
