import mssql from 'mssql';
import type { Json, JsonObject } from '../json.ts';
import type { SqlProperties } from '../linked-services.ts';
import { ConnectFailure } from './sql-failures.ts';
import { fromJson, rowToJson, rowsToJson, type Recordset, type SqlType } from './sql-values.ts';

/** A named value of a query or procedure, with its type as the activity declares it. */
interface SqlParameter {
  readonly name: string;
  readonly type: SqlType;
  readonly value: Json;
}

/** What is read: a query, or the result set of a stored procedure. */
export type SqlRead =
  | { readonly text: string }
  | { readonly procedure: string; readonly parameters: readonly SqlParameter[] };

/** A column of a result set; the precision is that of a decimal. */
export interface ColumnType {
  readonly name: string;
  readonly precision: number | undefined;
}

interface QueryResult {
  readonly resultSets: readonly (readonly JsonObject[])[];
  readonly recordsAffected: number;
}

/** An open connection of one activity. Rejections are the driver's (`mssql.MSSQLError`). */
export interface Database {
  /** Runs one batch and collects all of its result sets. */
  query(text: string, parameters?: readonly SqlParameter[]): Promise<QueryResult>;
  /** Runs a stored procedure; its result sets are dropped. */
  execute(procedure: string, parameters: readonly SqlParameter[]): Promise<void>;
  /** Streams the rows of a result set, once `check` has let each of its columns pass. */
  stream(read: SqlRead, check: (column: ColumnType) => void): AsyncIterable<JsonObject>;
  /** Bulk inserts into the columns that the first row names, in batches; answers how many. `table` is quoted already. */
  insert(table: string, rows: AsyncIterable<JsonObject>, batchSize: number): Promise<number>;
  /** Cancels what runs and closes the connection. */
  close(): Promise<void>;
}

/** How to log in: a password, or an access token for the Azure SQL resource. */
export type SqlLogin = { readonly userName: string; readonly password: string } | { readonly token: string };

function address(server: string): { readonly server: string; readonly port?: number } {
  const [host = '', port] = server.replace(/^tcp:/i, '').split(',');
  return port === undefined ? { server: host.trim() } : { server: host.trim(), port: Number(port) };
}

function encryption(encrypt: SqlProperties['encrypt']): boolean | string {
  if (encrypt === 'strict') return encrypt;
  return encrypt === true || encrypt === 'true' || encrypt === 'mandatory';
}

const LONGEST_LOGIN_MS = 600_000;
/** The SQL Server Browser is near, or not there. */
const LONGEST_BROWSER_ANSWER_MS = 500;

function longestLoginMs({ server, connectTimeout }: SqlProperties): number {
  if (connectTimeout !== undefined) return connectTimeout * 1_000;
  return server.includes('\\') ? LONGEST_BROWSER_ANSWER_MS : LONGEST_LOGIN_MS;
}

/** Connects; rejects with ConnectFailure. */
export async function connectDatabase(properties: SqlProperties, login: SqlLogin): Promise<Database> {
  let refusal: number | undefined;
  const pool = new mssql.ConnectionPool({
    ...address(properties.server),
    database: properties.database,
    ...('token' in login
      ? { authentication: { type: 'azure-active-directory-access-token', options: login } }
      : { user: login.userName, password: login.password }),
    options: {
      // The declared type knows no 'strict', which the driver takes.
      encrypt: encryption(properties.encrypt) as boolean,
      trustServerCertificate: properties.trustServerCertificate,
      ...('hostNameInCertificate' in properties && properties.hostNameInCertificate !== undefined
        ? { serverName: properties.hostNameInCertificate }
        : {}),
      appName: 'Local Data Factory',
      useUTC: true,
    },
    // An activity has its own timeout; a session's settings hold for the whole activity. A server that listens may take its
    // time: the local one answers one request at a time, and a pack of tables takes long.
    requestTimeout: 0,
    connectionTimeout: longestLoginMs(properties),
    pool: { min: 0, max: 1, acquireTimeoutMillis: LONGEST_LOGIN_MS },
    // The driver's error of a refused login lacks the number.
    beforeConnect: (connection) => {
      connection.on('errorMessage', ({ number }) => {
        refusal ??= number;
      });
    },
  });
  try {
    await pool.connect();
  } catch (error) {
    throw new ConnectFailure(properties, error, refusal);
  }
  return new SqlDatabase(pool);
}

class SqlDatabase implements Database {
  readonly #pool: mssql.ConnectionPool;
  readonly #running = new Set<mssql.Request>();

  constructor(pool: mssql.ConnectionPool) {
    this.#pool = pool;
  }

  async query(text: string, parameters: readonly SqlParameter[] = []): Promise<QueryResult> {
    return this.#run(parameters, async (request) => {
      // Without parameters the text goes as a plain batch, in which CREATE PROCEDURE is allowed.
      const { recordsets, rowsAffected } = await (parameters.length === 0 ? request.batch(text) : request.query(text));
      return {
        resultSets: (recordsets as unknown as readonly Recordset[]).map(rowsToJson),
        recordsAffected: rowsAffected.reduce((sum, count) => sum + count, 0),
      };
    });
  }

  async execute(procedure: string, parameters: readonly SqlParameter[]): Promise<void> {
    await this.#run(parameters, (request) => request.execute(procedure));
  }

  async *stream(read: SqlRead, check: (column: ColumnType) => void): AsyncGenerator<JsonObject> {
    const parameters = 'procedure' in read ? read.parameters : [];
    const request = this.#request(parameters);
    const rows = request.toReadableStream();
    request.on('recordset', (columns: Recordset['columns']) => {
      try {
        Object.values(columns).map(toColumnType).forEach(check);
      } catch (error) {
        rows.destroy(error as Error);
        request.cancel();
      }
    });
    // In stream mode an error reaches the reader of the rows; this promise only says that the request has ended.
    void ('procedure' in read ? request.execute(read.procedure) : request.query(read.text));
    this.#running.add(request);
    try {
      for await (const row of rows) yield rowToJson(row as Readonly<Record<string, unknown>>);
    } finally {
      this.#running.delete(request);
    }
  }

  async insert(table: string, rows: AsyncIterable<JsonObject>, batchSize: number): Promise<number> {
    let batch: JsonObject[] = [];
    let target: Recordset | undefined;
    let total = 0;
    for await (const row of rows) {
      target ??= await this.#describe(table, Object.keys(row));
      batch.push(row);
      if (batch.length < batchSize) continue;
      total += await this.#bulk(table, target, batch);
      batch = [];
    }
    return target === undefined ? 0 : total + (await this.#bulk(table, target, batch));
  }

  async close(): Promise<void> {
    for (const request of this.#running) request.cancel();
    await this.#pool.close();
  }

  /** The empty set of some columns, which carries their types. Rejects when the table lacks one of them. */
  async #describe(table: string, columns: readonly string[]): Promise<Recordset> {
    const list = columns.map((name) => `[${name.replaceAll(']', ']]')}]`).join(', ');
    const { recordset } = await this.#run([], (request) =>
      request.query<Readonly<Record<string, unknown>>>(`SELECT ${list} FROM ${table} WHERE 1 = 0`),
    );
    return recordset;
  }

  async #bulk(path: string, target: Recordset, rows: readonly JsonObject[]): Promise<number> {
    if (rows.length === 0) return 0;
    const table = target.toTable(path);
    const columns = Object.values(target.columns);
    for (const row of rows) {
      // The driver takes more than the declared type of a row's values: null, Date and Buffer.
      table.rows.add(...columns.map(({ name, type }) => fromJson(row[name] ?? null, type) as string));
    }
    await this.#run([], (request) => request.bulk(table, { keepNulls: true }));
    return rows.length;
  }

  async #run<Result>(
    parameters: readonly SqlParameter[],
    act: (request: mssql.Request) => Promise<Result>,
  ): Promise<Result> {
    const request = this.#request(parameters);
    this.#running.add(request);
    try {
      return await act(request);
    } finally {
      this.#running.delete(request);
    }
  }

  #request(parameters: readonly SqlParameter[]): mssql.Request {
    const request = this.#pool.request();
    for (const { name, type, value } of parameters) request.input(name, type, fromJson(value, type));
    return request;
  }
}

function isDecimal(type: unknown): boolean {
  return type === mssql.Decimal || type === mssql.Numeric;
}

function toColumnType({ name, type, precision }: Recordset['columns'][string]): ColumnType {
  return { name, precision: isDecimal(type) ? precision : undefined };
}
