import { SqlError, notSupported } from '../sql-error.ts';
import type { SqlValue } from '../tds/values.ts';
import { tableDefinition } from '../translate/ddl-table.ts';
import { type Token, tokenize } from '../tsql/lexer.ts';
import {
  type ControlStatement,
  type ExecuteStatement,
  type PlainStatement,
  type Statement,
  type VariableDeclaration,
  isControl,
} from '../tsql/statements.ts';
import { TokenReader } from '../tsql/token-reader.ts';
import { fetchNext, runCursor } from './cursors.ts';
import { asSqlError, endsOnlyStatement } from './errors.ts';
import { evaluate, holds } from './expressions.ts';
import { insertInto } from './insert-execute.ts';
import { raiseError, throwError } from './raise.ts';
import { type PassedArgument, callStored, runText } from './procedures.ts';
import { storeProcedure } from './procedure-store.ts';
import { runRelational } from './relational.ts';
import { setOption } from './options.ts';
import type { SessionState } from './state.ts';
import { type SystemContext, systemProcedure } from './system-procedures.ts';
import { runTransaction } from './transactions.ts';
import { translation } from './translation.ts';

/** How a statement ended: what the statements around it do next. */
type Completion = 'next' | 'break' | 'continue' | 'return';

/** Runs parsed batches for one session. */
export class Interpreter {
  readonly #state: SessionState;
  readonly #system: SystemContext;

  constructor(state: SessionState, locks: SystemContext['locks']) {
    this.#state = state;
    this.#system = { state, locks, prepared: new Map(), run: (body) => this.run(body) };
  }

  /** Runs a batch or a procedure's body. Rejects with the error that ends it. */
  async run(statements: readonly Statement[]): Promise<void> {
    await this.#list(statements);
  }

  /** Calls a stored or system procedure. */
  async call(parts: readonly string[], passed: readonly PassedArgument[], line: number): Promise<number> {
    const system = systemProcedure(parts);
    if (system) return system(this.#system, passed);
    return callStored(this.#state, parts, passed, line, (body) => this.run(body));
  }

  async #list(statements: readonly Statement[]): Promise<Completion> {
    for (const statement of statements) {
      const completion = await this.#guarded(statement);
      if (completion !== 'next') return completion;
    }
    return 'next';
  }

  /** Outside TRY, an error that ends only its statement is reported and the batch goes on. */
  async #guarded(statement: Statement): Promise<Completion> {
    const state = this.#state;
    state.stopIfCancelled();
    const simple = statement.kind === 'relational' || statement.kind === 'execute';
    try {
      const completion = await this.#run(statement);
      if (simple) state.lastError = 0;
      return completion;
    } catch (error) {
      const failure = asSqlError(error, state.original);
      failure.procedure ||= state.frame.procedure;
      state.lastError = failure.number;
      const reportable = statement.kind === 'relational' || statement.kind === 'raiserror';
      if (state.frame.tries > 0 || state.xactAbort || !reportable || !endsOnlyStatement(failure)) throw failure;
      state.sink.error(failure);
      return 'next';
    }
  }

  async #run(statement: Statement): Promise<Completion> {
    if (isControl(statement)) return this.#control(statement);
    await this.#plain(statement);
    return 'next';
  }

  async #control(statement: ControlStatement): Promise<Completion> {
    const state = this.#state;
    switch (statement.kind) {
      case 'block':
        return this.#list(statement.body);
      case 'if':
        if (await holds(state, statement.condition)) return this.#guarded(statement.whenTrue);
        return statement.whenFalse ? this.#guarded(statement.whenFalse) : 'next';
      case 'while':
        return this.#while(statement.condition, statement.body);
      case 'try':
        return this.#try(statement.body, statement.handler);
      case 'break':
      case 'continue':
        return statement.kind;
      case 'return':
        state.returnValue = statement.value.length ? Number(await evaluate(state, statement.value)) : 0;
        return 'return';
    }
  }

  async #plain(statement: PlainStatement): Promise<void> {
    const state = this.#state;
    switch (statement.kind) {
      case 'relational':
        return runRelational(state, statement);
      case 'execute':
        return this.#execute(statement);
      case 'procedure':
        return storeProcedure(state, statement);
      case 'declare':
        for (const variable of statement.variables) await this.#declare(variable);
        return;
      case 'set':
        return this.#set(statement.name, statement.operator, statement.value);
      case 'option':
        return setOption(state, statement.name, statement.value, statement.line);
      case 'print':
        return state.sink.message(
          new SqlError(0, String((await evaluate(state, statement.value)) ?? ''), { severity: 0 }),
        );
      case 'throw':
        return throwError(state, statement.arguments, statement.line);
      case 'raiserror':
        return raiseError(state, statement.arguments, statement.line);
      case 'transaction':
        return runTransaction(state, statement.operation, statement.name);
      case 'use':
        return this.#use(statement.database);
      case 'insert-execute':
        return insertInto(state, statement.target, () => this.#execute(statement.execute));
      case 'cursor':
        return runCursor(state, statement.operation, statement.name);
      case 'fetch':
        return fetchNext(state, statement.name, statement.into);
    }
  }

  async #while(condition: readonly Token[], body: Statement): Promise<Completion> {
    while (await holds(this.#state, condition)) {
      const completion = await this.#guarded(body);
      if (completion === 'break') return 'next';
      if (completion === 'return') return 'return';
    }
    return 'next';
  }

  async #try(body: readonly Statement[], handler: readonly Statement[]): Promise<Completion> {
    const state = this.#state;
    const outer = state.caught;
    const { frame } = state;
    frame.tries++;
    try {
      return await this.#list(body);
    } catch (error) {
      if (state.cancelled) throw error;
      state.caught = asSqlError(error, state.original);
      if (state.transactions && state.xactAbort) state.doomed = true;
    } finally {
      frame.tries--;
    }
    const completion = await this.#list(handler);
    state.caught = outer;
    return completion;
  }

  async #declare({ kind, name, type, tokens }: VariableDeclaration): Promise<void> {
    const state = this.#state;
    if (kind === 'cursor' || kind === 'static cursor') {
      state.cursors.set(name, { query: tokens, isStatic: kind === 'static cursor', rows: undefined });
    } else if (kind === 'table') {
      const relation = state.addTemporary(name);
      const { scope } = translation(state);
      const definition = tableDefinition({ parts: [name], relation }, tokens, scope);
      await state.execute([`DROP TABLE IF EXISTS ${relation}`, ...definition], tokens[0]?.line);
    } else {
      state.frame.variables.set(name, { type, value: null });
      if (tokens.length) state.assign(name, await evaluate(state, tokens, type));
    }
  }

  /** `SET @a = x`, or `SET @a += x` as `SET @a = @a + (x)`. */
  async #set(name: string, operator: string, value: readonly Token[]): Promise<void> {
    const state = this.#state;
    const { type } = state.variable(name, value[0]?.line);
    const [self, plus] = tokenize(`${name} ${operator.charAt(0)}`);
    const group: Token = {
      kind: 'group',
      text: '(',
      upper: '',
      line: value[0]?.line ?? 1,
      start: 0,
      end: 0,
      children: value,
    };
    const tokens = operator === '=' || !self || !plus ? value : [self, plus, group];
    state.assign(name, await evaluate(state, tokens, type));
  }

  async #use(name: string): Promise<void> {
    const state = this.#state;
    state.database = state.findDatabase(name);
    await state.enter();
    state.sink.database(state.database.name);
  }

  async #execute(statement: ExecuteStatement): Promise<void> {
    const state = this.#state;
    if (!statement.procedure) {
      const text = String((await evaluate(state, statement.text)) ?? '');
      return runText(state, text, new Map(), (body) => this.run(body));
    }
    const passed: PassedArgument[] = [];
    for (const argument of statement.arguments) {
      const { name, value, output } = argument;
      passed.push({ name, value: await this.#argument(value), receive: output ? this.#receiver(value) : undefined });
    }
    const status = await this.call(this.#procedureName(statement.procedure), passed, statement.line);
    if (statement.result !== undefined) state.assign(statement.result, status);
  }

  #procedureName(tokens: readonly Token[]): string[] {
    const [first] = tokens;
    if (first?.kind !== 'variable') return new TokenReader(tokens).name();
    return new TokenReader(tokenize(String(this.#state.variable(first.text.toLowerCase(), first.line).value))).name();
  }

  /** Arguments are constants, variables or bare words; T-SQL allows no expressions here. */
  async #argument(tokens: readonly Token[]): Promise<SqlValue | undefined> {
    const [only] = tokens;
    if (tokens.length === 1 && only) {
      if (only.upper === 'DEFAULT') return undefined;
      const variable = only.kind === 'variable' ? this.#state.frame.variables.get(only.text.toLowerCase()) : undefined;
      if (variable) return variable.value;
      if ((only.kind === 'word' && only.upper !== 'NULL') || only.kind === 'name') return only.text;
    }
    return evaluate(this.#state, tokens);
  }

  #receiver(tokens: readonly Token[]): (value: SqlValue) => void {
    const [variable] = tokens;
    if (variable?.kind !== 'variable') throw notSupported('OUTPUT for what is not a variable', variable?.line);
    return (value) => this.#state.assign(variable.text.toLowerCase(), value);
  }
}
