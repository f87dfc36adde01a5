/** The databases of online environments, over TDS. Source databases are out of reach here: Data Factory reads them. */
import type { ConnectionPool, Table } from 'mssql';
import { SpanKind } from '@opentelemetry/api';
import type { Destination } from '../setup/setup.ts';
import { inSpan } from '../telemetry/spans.ts';
import { LoginRefused } from './connect.ts';

/** One row, by column name, as `mssql` gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** Values of a statement's parameters, by name without `@`. */
export type Parameters = Readonly<Record<string, string | number | boolean | null>>;

/** Opens a pool to a database whose requests end in time; the caller closes it. */
export type Connect = (destination: Destination, longestRequestMs: number) => Promise<ConnectionPool>;

/** Ends before others believe that who sent it changes nothing any more. */
const LONGEST_REQUEST_MS = 40_000;

/** A database that is open. */
export class SqlDatabase {
  readonly #pool: ConnectionPool;

  constructor(pool: ConnectionPool) {
    this.#pool = pool;
  }

  /** Runs a batch and gives the rows of its first result set. */
  async query(batch: string, parameters: Parameters = {}): Promise<Row[]> {
    const result = await this.#request(parameters).query<Row>(batch);
    return result.recordset ?? [];
  }

  /** Runs a query and gives its rows as they arrive. */
  async *stream(query: string): AsyncGenerator<Row> {
    const request = this.#request({});
    const rows = request.toReadableStream();
    const done = request.query(query);
    // A failure reaches the reader through the stream; without a handler it would also be an unhandled rejection.
    done.catch((error: unknown) => rows.destroy(error instanceof Error ? error : new Error(String(error))));
    for await (const row of rows) yield row as Row;
    await done;
  }

  /** Inserts rows with the bulk protocol. */
  async bulkInsert(table: Table): Promise<void> {
    await this.#pool.request().bulk(table);
  }

  #request(parameters: Parameters) {
    const request = this.#pool.request();
    for (const [name, value] of Object.entries(parameters)) request.input(name, value);
    return request;
  }
}

export class SqlDatabases {
  readonly #connect: Connect;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** As `use`, but a login that is refused, which does not change by itself, is a value. */
  async useIfAdmitted<T>(
    destination: Destination,
    work: (database: SqlDatabase) => Promise<T>,
    longestRequestMs?: number,
  ): Promise<T | { readonly refused: string }> {
    try {
      return await this.use(destination, work, longestRequestMs);
    } catch (error) {
      if (error instanceof LoginRefused && error.lasts) return { refused: error.message };
      throw error;
    }
  }

  /**
   * Opens a database for the time of some work.
   * @param longestRequestMs after which a request fails; longer for work that asks itself whether it may go on
   */
  async use<T>(
    destination: Destination,
    work: (database: SqlDatabase) => Promise<T>,
    longestRequestMs: number = LONGEST_REQUEST_MS,
  ): Promise<T> {
    const open = async (): Promise<T> => {
      const pool = await this.#connect(destination, longestRequestMs);
      try {
        return await work(new SqlDatabase(pool));
      } finally {
        await pool.close();
      }
    };
    // Its name, and that of its server, are the customer's.
    return inSpan('SqlDatabases.use', { database: 'microsoft.sql_server' }, open, SpanKind.CLIENT);
  }
}
