import { SqlError } from '../sql-error.ts';
import type { Sink } from '../tds/session.ts';
import type { SqlType } from '../tds/types.ts';
import type { SqlValue } from '../tds/values.ts';
import type { Token } from '../tsql/lexer.ts';
import { delimited } from '../translate/names.ts';
import { CollectingSink } from './collecting-sink.ts';
import type { Result } from './answer.ts';
import type { Engine } from './engine.ts';
import { asSqlError } from './errors.ts';
import { toPostgres } from './values.ts';

export interface Variable {
  readonly type: SqlType;
  value: SqlValue;
}

/** A forward-only cursor; its rows are read when it is opened. */
export interface Cursor {
  readonly query: readonly Token[];
  /** Stays open when a transaction is rolled back. */
  readonly isStatic: boolean;
  rows: SqlValue[][] | undefined;
}

/** A database that a session can be in. */
export interface SessionDatabase {
  readonly key: number;
  readonly name: string;
  /** A replica, which cannot be written. */
  readonly isSecondary: boolean;
}

/** Who is logged in where. */
export interface SessionIdentity {
  readonly server: string;
  readonly login: string;
  /** SPID */
  readonly session: number;
  /** Keys of the server's databases by lower-case name. */
  readonly databases: ReadonlyMap<string, SessionDatabase>;
  /** Whether the login may open a database, and which fixed roles it has there. */
  readonly roles: (key: number) => readonly string[] | undefined;
}

/** What belongs to the procedure or dynamic batch that runs, and is restored when it ends. */
export interface Frame {
  variables: Map<string, Variable>;
  /** `schema.name` of the procedure. */
  procedure: string;
  /** The text the statements were parsed from. */
  source: string;
  tries: number;
}

/** Everything one T-SQL session remembers between statements. */
export class SessionState {
  readonly engine: Engine;
  readonly identity: SessionIdentity;
  readonly temporaries = new Map<string, string>();
  readonly cursors = new Map<string, Cursor>();
  readonly savepoints = new Set<string>();
  frame: Frame = { variables: new Map(), procedure: '', source: '', tries: 0 };
  database: SessionDatabase;
  sink: Sink = new CollectingSink();
  depth = 0;
  transactions = 0;
  doomed = false;
  xactAbort = false;
  noCount = false;
  identityInsert = false;
  rowCount = 0;
  lastError = 0;
  fetchStatus = -1;
  returnValue = 0;
  /** The error a CATCH block handles. */
  caught: SqlError | undefined;
  /** The table that the last INSERT filled. */
  inserted: string | undefined;
  /** Where rows go instead of to the client, while INSERT … EXEC runs. */
  redirect: ((result: Result) => Promise<void>) | undefined;
  cancelled = false;
  /** Told when the whole transaction has ended. */
  transactionEnded: () => void = () => undefined;

  constructor(engine: Engine, identity: SessionIdentity, database: SessionDatabase) {
    this.engine = engine;
    this.identity = identity;
    this.database = database;
  }

  get original(): (name: string) => string {
    return (name) => this.engine.names.original(name);
  }

  /** Finds a database of this server. Throws 911, or 916 when the login may not open it. */
  findDatabase(name: string): SessionDatabase {
    const found = this.identity.databases.get(name.toLowerCase());
    if (!found)
      throw new SqlError(911, `Database '${name}' does not exist. Make sure that the name is entered correctly.`);
    if (!this.identity.roles(found.key)) {
      const who = `The server principal "${this.identity.login}"`;
      throw new SqlError(
        916,
        `${who} is not able to access the database "${name}" under the current security context.`,
        {
          severity: 14,
        },
      );
    }
    return found;
  }

  async enter(): Promise<void> {
    const { server, login, session } = this.identity;
    await this.engine.enter({ key: this.database.key, server, login, session });
  }

  variable(name: string, line = 1): Variable {
    const variable = this.frame.variables.get(name);
    if (!variable)
      throw new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, state: 2, line });
    return variable;
  }

  /** Sets a variable; text is cut to its length, as T-SQL does without a word. */
  assign(name: string, value: SqlValue): void {
    const variable = this.variable(name);
    const { type } = variable;
    const cut = type.name.endsWith('char') && type.length !== Infinity && value !== null;
    if (cut && !(value instanceof Uint8Array)) variable.value = String(toPostgres(value)).slice(0, type.length);
    else variable.value = value;
  }

  /** PostgreSQL's name of a new temporary table or table variable. */
  addTemporary(name: string): string {
    const depth = name.startsWith('@') ? `~${this.depth}` : '';
    const short = this.engine.names.shorten(`${name.toLowerCase()}~${this.identity.session}${depth}`);
    const relation = `tempdb.${delimited(short)}`;
    this.temporaries.set(name.toLowerCase(), relation);
    return relation;
  }

  /** Drops the temporary tables made after the first `kept`. */
  async dropTemporaries(kept: number): Promise<void> {
    for (const [name, relation] of [...this.temporaries].slice(kept)) {
      this.temporaries.delete(name);
      await this.engine.execute(`DROP TABLE IF EXISTS ${relation}`);
    }
  }

  stopIfCancelled(): void {
    if (this.cancelled) throw new SqlError(0, 'The operation was cancelled by the user.', { severity: 11 });
  }

  async query(sql: string, values: readonly (string | null)[] = [], line = 1): Promise<Result> {
    return this.#protect(line, () => this.engine.query(sql, values));
  }

  async execute(statements: readonly string[], line = 1): Promise<void> {
    await this.#protect(line, () => this.engine.execute(...statements));
  }

  /** Inside a transaction, a statement that fails must not end it: it runs after a savepoint. */
  async #protect<T>(line: number, run: () => Promise<T>): Promise<T> {
    const protect = this.transactions > 0;
    if (protect) await this.engine.query('SAVEPOINT statement');
    try {
      const result = await run();
      if (protect) await this.engine.query('RELEASE statement');
      return result;
    } catch (error) {
      if (protect) {
        await this.engine.query('ROLLBACK TO statement');
        await this.engine.query('RELEASE statement');
      }
      const translated = asSqlError(error, this.original);
      translated.line = line;
      throw translated;
    }
  }
}
