import { protocol, type PGlite } from '@electric-sql/pglite';
import type { Clock } from '../../endpoint/clock.ts';
import type { Log } from '../../endpoint/endpoint.ts';
import { SqlError } from '../sql-error.ts';
import { LongNames, literal } from '../translate/names.ts';
import type { ProcedureStatement } from '../tsql/statements.ts';
import { type Result, readAnswer } from './answer.ts';
import { openPostgres } from './snapshot.ts';

/** For whom a statement runs; what the functions in the catalog files read. */
export interface Context {
  readonly key: number;
  readonly server: string;
  readonly login: string;
  readonly session: number;
}

/** PostgreSQL's type identifier of decimals. */
export const NUMERIC = 1700;

/** Lower numbers are the server's own. */
const FIRST_SESSION = 51;

/** A connection waits this long for another one's transaction. */
const LOCK_TIMEOUT_MS = 30_000;

/** After a stack overflow PGlite answers every statement with this. */
const BROKEN = /ERRORDATA_STACK_SIZE exceeded/;

/**
 * One PostgreSQL session in this process that all T-SQL sessions share. A request, or a session with an open
 * transaction, has it alone; others wait for their turn.
 */
export class Engine {
  readonly names = new LongNames();
  /** Parsed procedures by their definition. */
  readonly procedures = new Map<string, ProcedureStatement>();
  readonly #postgres: PGlite;
  readonly #clock: Clock;
  #storedNames = 0;
  #owner: object | undefined;
  #waiting: { readonly owner: object; readonly start: () => void }[] = [];
  #context = '';
  #nextSession = FIRST_SESSION;

  constructor(postgres: PGlite, clock: Clock) {
    this.#postgres = postgres;
    this.#clock = clock;
  }

  /** Starts PostgreSQL in memory with the catalog. */
  static async start(clock: Clock, log: Log): Promise<Engine> {
    const postgres = await openPostgres(log);
    return new Engine(postgres, clock);
  }

  async close(): Promise<void> {
    await this.#postgres.close();
  }

  /** Resolves when the owner has the engine. Throws 1222 after 30 s. */
  async acquire(owner: object): Promise<void> {
    if (this.#owner === undefined) this.#owner = owner;
    if (this.#owner === owner) return;
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#clock.after(LOCK_TIMEOUT_MS, () => {
        this.#waiting = this.#waiting.filter((one) => one !== entry);
        const reason = 'another connection to the local SQL endpoint holds an open transaction';
        reject(new SqlError(1222, `Lock request time out period exceeded: ${reason}.`, { state: 45 }));
      });
      const start = () => {
        cancel();
        resolve();
      };
      const entry = { owner, start };
      this.#waiting.push(entry);
    });
  }

  /** Gives the engine to whoever has waited longest. */
  release(): void {
    const next = this.#waiting.shift();
    this.#owner = next?.owner;
    next?.start();
  }

  /** A number for a new session (SPID). */
  nextSession(): number {
    return this.#nextSession++;
  }

  /** Tells the catalog functions for whom the next statements run. */
  async enter(context: Context): Promise<void> {
    const { key, server, login, session } = context;
    const wanted = JSON.stringify([key, server, login, session]);
    if (wanted === this.#context) return;
    const settings = Object.entries({ key, server, login, session }).map(
      ([name, value]) => `set_config('tsql.${name}', ${literal(String(value))}, false)`,
    );
    await this.#postgres.exec(`SELECT ${settings.join(', ')}`);
    this.#context = wanted;
  }

  /** One statement with parameters `$1`, `$2` …, given as text. */
  async query(sql: string, values: readonly (string | null)[] = []): Promise<Result> {
    const { serialize } = protocol;
    // At once: each message by itself costs as much as a short statement does.
    const request = Buffer.concat([
      serialize.parse({ text: sql }),
      serialize.bind({ values: [...values] }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
      serialize.sync(),
    ]);
    return this.#guard(this.#answer(request));
  }

  /** Several statements, all or none unless a transaction is open. Stores the long names they use. */
  async execute(...statements: readonly string[]): Promise<void> {
    const unstored = this.names.after(this.#storedNames);
    const values = unstored.map(([short, original]) => `(${literal(short)}, ${literal(original)})`);
    const stores =
      values.length === 0 ? [] : [`INSERT INTO tsql.names VALUES ${values.join(', ')} ON CONFLICT DO NOTHING`];
    await this.#guard(this.#postgres.exec([...stores, ...statements].join(';\n')));
    this.#storedNames += unstored.length;
  }

  /** Loads rows in COPY's text format. */
  async copy(relation: string, columns: string, rows: string): Promise<void> {
    const blob = new Blob([rows]);
    await this.#guard(this.#postgres.query(`COPY ${relation} (${columns}) FROM '/dev/blob'`, [], { blob }));
  }

  /** Must be called after a rollback, which may have undone what the engine believes is stored. */
  forget(): void {
    this.#context = '';
    this.#storedNames = 0;
  }

  async #answer(request: Uint8Array): Promise<Result> {
    const answer: Buffer[] = [];
    // The bytes are in PostgreSQL's own memory, which it uses again.
    const onRawData = (bytes: Uint8Array) => void answer.push(Buffer.from(bytes));
    await this.#postgres.execProtocolRawStream(request, { syncToFs: false, onRawData });
    return readAnswer(Buffer.concat(answer));
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof Error && BROKEN.test(error.message)) {
        throw new SqlError(40197, 'The local SQL endpoint is broken after a stack overflow: restart it.', {
          severity: 20,
        });
      }
      throw error;
    }
  }
}
