import { SqlError } from '../sql-error.ts';
import type { SqlType } from '../tds/types.ts';
import type { SqlValue } from '../tds/values.ts';
import { parseBatch } from '../tsql/parser.ts';
import type { ProcedureStatement, Statement } from '../tsql/statements.ts';
import { evaluate } from './expressions.ts';
import { findProcedure } from './procedure-store.ts';
import type { SessionState, Variable } from './state.ts';

/** An argument whose value is known. */
export interface PassedArgument {
  readonly name: string | undefined;
  /** undefined asks for the parameter's default. */
  readonly value: SqlValue | undefined;
  /** Takes the value of an output parameter. */
  readonly receive: ((value: SqlValue) => void) | undefined;
}

/** Runs statements of a procedure or of dynamic SQL. */
export type RunBody = (body: readonly Statement[]) => Promise<void>;

/** https://learn.microsoft.com/sql/t-sql/functions/nestlevel-transact-sql */
const DEEPEST_NESTING = 32;

/** Calls a stored procedure and answers its return value. Throws 2812 when there is none. */
export async function callStored(
  state: SessionState,
  parts: readonly string[],
  passed: readonly PassedArgument[],
  line: number,
  run: RunBody,
): Promise<number> {
  const stored = await findProcedure(state, parts);
  if (!stored) {
    throw new SqlError(2812, `Could not find stored procedure '${parts.join('.')}'.`, { state: 62, line });
  }
  const procedure = parsed(state, stored.definition);
  const variables = await bind(state, procedure, passed, line);
  const { noCount, xactAbort, database } = state;
  state.returnValue = 0;
  if (stored.key !== database.key)
    throw new SqlError(40515, `Calling a procedure of another database is not supported by the local SQL endpoint.`);
  await inFrame(
    state,
    { variables, procedure: `${stored.schema}.${stored.name}`, source: stored.definition },
    async () => {
      await run(procedure.body);
    },
  ).finally(() => {
    state.noCount = noCount;
    state.xactAbort = xactAbort;
  });
  for (const [index, parameter] of procedure.parameters.entries()) {
    const argument = argumentFor(passed, parameter.name, index);
    argument?.receive?.(variables.get(parameter.name)?.value ?? null);
  }
  return state.returnValue;
}

function parsed(state: SessionState, definition: string): ProcedureStatement {
  const { procedures } = state.engine;
  const known = procedures.get(definition);
  if (known) return known;
  const [statement] = parseBatch(definition);
  if (statement?.kind !== 'procedure') throw new SqlError(102, 'The stored definition is not a procedure.');
  procedures.set(definition, statement);
  return statement;
}

function argumentFor(passed: readonly PassedArgument[], name: string, index: number): PassedArgument | undefined {
  const byPosition = passed[index];
  return passed.find((argument) => argument.name === name) ?? (byPosition?.name === undefined ? byPosition : undefined);
}

async function bind(
  state: SessionState,
  procedure: ProcedureStatement,
  passed: readonly PassedArgument[],
  line: number,
): Promise<Map<string, Variable>> {
  const name = procedure.name.at(-1) ?? '';
  const { parameters } = procedure;
  const unknown = passed.find((argument) => argument.name && !parameters.some((one) => one.name === argument.name));
  if (unknown) {
    throw new SqlError(8145, `${unknown.name} is not a parameter for procedure ${name}.`, { state: 2, line });
  }
  if (passed.length > parameters.length) {
    throw new SqlError(8144, `Procedure or function ${name} has too many arguments specified.`, { state: 2, line });
  }
  const variables = new Map<string, Variable>();
  for (const [index, parameter] of parameters.entries()) {
    const value = argumentFor(passed, parameter.name, index)?.value;
    if (value === undefined && !parameter.default) {
      const text = `Procedure or function '${name}' expects parameter '${parameter.name}', which was not supplied.`;
      throw new SqlError(201, text, { state: 4, line });
    }
    const given = value ?? (value === null ? null : await evaluate(state, parameter.default ?? [], parameter.type));
    variables.set(parameter.name, { type: parameter.type, value: fit(given, parameter.type) });
  }
  return variables;
}

/** Text longer than the parameter is cut, as T-SQL does. */
function fit(value: SqlValue, type: SqlType): SqlValue {
  const isText = type.name.endsWith('char') && type.length !== undefined && type.length !== Infinity;
  return typeof value === 'string' && isText ? value.slice(0, type.length) : value;
}

interface NewFrame {
  readonly variables: Map<string, Variable>;
  readonly procedure: string;
  readonly source: string;
}

/** Runs something with its own variables and temporary tables. */
async function inFrame(state: SessionState, frame: NewFrame, run: () => Promise<void>): Promise<void> {
  if (state.depth >= DEEPEST_NESTING) {
    throw new SqlError(
      217,
      `Maximum stored procedure, function, trigger, or view nesting level exceeded (limit ${DEEPEST_NESTING}).`,
    );
  }
  const outer = state.frame;
  const kept = state.temporaries.size;
  state.frame = { ...frame, tries: outer.tries };
  state.depth++;
  try {
    await run();
  } finally {
    state.frame = outer;
    state.depth--;
    await state.dropTemporaries(kept);
  }
}

/** Runs text as a batch of its own. */
export async function runText(
  state: SessionState,
  source: string,
  variables: Map<string, Variable>,
  run: RunBody,
): Promise<void> {
  const { procedure } = state.frame;
  await inFrame(state, { variables, procedure, source }, () => run(parseBatch(source)));
}
