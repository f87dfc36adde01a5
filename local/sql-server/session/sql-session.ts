import { SqlError } from '../sql-error.ts';
import type { Column, Parameter, Session, Sink, TransactionRequest } from '../tds/session.ts';
import type { SqlValue } from '../tds/values.ts';
import { tokenize } from '../tsql/lexer.ts';
import { parseBatch } from '../tsql/parser.ts';
import { TokenReader } from '../tsql/token-reader.ts';
import type { ApplicationLocks } from './application-locks.ts';
import { loadBulk } from './bulk.ts';
import { asSqlError } from './errors.ts';
import { Interpreter } from './interpreter.ts';
import type { PassedArgument } from './procedures.ts';
import type { SessionState } from './state.ts';
import { rollbackAll, runTransaction } from './transactions.ts';

/** One T-SQL session: takes the engine for each request and gives it back unless a transaction is open. */
export class SqlSession implements Session {
  readonly #state: SessionState;
  readonly #locks: ApplicationLocks;
  readonly #interpreter: Interpreter;

  constructor(state: SessionState, locks: ApplicationLocks) {
    this.#state = state;
    this.#locks = locks;
    this.#interpreter = new Interpreter(state, locks);
    state.transactionEnded = () => locks.releaseAll(state, 'transaction');
  }

  get database(): string {
    return this.#state.database.name;
  }

  async batch(sql: string, parameters: readonly Parameter[], sink: Sink): Promise<void> {
    const state = this.#state;
    await this.#exclusive(sink, async () => {
      const variables = new Map(parameters.map(({ name, type, value }) => [name.toLowerCase(), { type, value }]));
      state.frame = { variables, procedure: '', source: sql, tries: 0 };
      await this.#interpreter.run(parseBatch(sql));
      for (const parameter of parameters) {
        if (parameter.output) parameter.value = variables.get(parameter.name.toLowerCase())?.value ?? null;
      }
    });
  }

  async procedure(name: string, parameters: readonly Parameter[], sink: Sink): Promise<number> {
    const state = this.#state;
    return this.#exclusive(sink, async () => {
      state.frame = { variables: new Map(), procedure: '', source: '', tries: 0 };
      const passed = parameters.map((parameter): PassedArgument => ({
        name: parameter.name ? parameter.name.toLowerCase() : undefined,
        value: parameter.value,
        receive: parameter.output
          ? (value) => {
              parameter.value = value;
            }
          : undefined,
      }));
      return this.#interpreter.call(new TokenReader(tokenize(name)).name(), passed, 1);
    });
  }

  async transaction(request: TransactionRequest, name: string, sink: Sink): Promise<void> {
    await this.#exclusive(sink, () => runTransaction(this.#state, request, name));
  }

  async bulkInsert(statement: string, columns: readonly Column[], rows: readonly SqlValue[][]): Promise<number> {
    return this.#exclusive(undefined, () => loadBulk(this.#state, statement, columns, rows));
  }

  async reset(): Promise<void> {
    const state = this.#state;
    await this.#exclusive(undefined, async () => {
      await rollbackAll(state);
      await state.dropTemporaries(0);
    });
    state.xactAbort = false;
    state.noCount = false;
    state.identityInsert = false;
    state.cursors.clear();
    this.#locks.releaseAll(state);
  }

  /** What the automatic clean-up of change tracking does once the retention of all changes so far is over. */
  async forgetChanges(): Promise<void> {
    await this.#exclusive(undefined, () => this.#state.execute(['SELECT tsql.forget_changes()']));
  }

  cancel(): void {
    this.#state.cancelled = true;
  }

  async close(): Promise<void> {
    await this.reset();
  }

  async #exclusive<T>(sink: Sink | undefined, run: () => Promise<T>): Promise<T> {
    const state = this.#state;
    await state.engine.acquire(state);
    state.cancelled = false;
    if (sink) state.sink = sink;
    try {
      await state.enter();
      const result = await run();
      if (state.doomed) await this.#endDoomed();
      return result;
    } catch (error) {
      const failure = asSqlError(error, state.original);
      if (state.xactAbort || state.doomed || state.cancelled) await rollbackAll(state);
      throw failure;
    } finally {
      state.caught = undefined;
      if (!state.transactions) state.engine.release();
    }
  }

  /** A batch must not leave a transaction that cannot be committed. */
  async #endDoomed(): Promise<never> {
    await rollbackAll(this.#state);
    throw new SqlError(
      3998,
      'Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.',
    );
  }
}
