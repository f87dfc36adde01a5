import { SqlError } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { evaluate } from './expressions.ts';
import type { SessionState } from './state.ts';

/** Below this severity RAISERROR sends a message, not an error. */
const LOWEST_ERROR = 11;

/** THROW number, message, state; without arguments, the error that is being handled. */
export async function throwError(state: SessionState, parts: readonly Token[][], line: number): Promise<never> {
  if (!parts.length) {
    if (state.caught) throw state.caught;
    const text = 'To rethrow an error, a THROW statement must be used inside a CATCH block.';
    throw new SqlError(10704, text, { severity: 15, line });
  }
  const [number, message, errorState] = await values(state, parts);
  const place = { state: Number(errorState), line, procedure: state.frame.procedure };
  throw new SqlError(Number(number), String(message ?? ''), place);
}

/** RAISERROR (message, severity, state, arguments): error 50000, or a message when it is mild. */
export async function raiseError(state: SessionState, parts: readonly Token[][], line: number): Promise<void> {
  const [format, severityValue, errorState, ...rest] = await values(state, parts);
  let next = 0;
  const text = String(format ?? '').replaceAll(/%(%|-?\d*[sdiu])/g, (_all, kind: string) =>
    kind === '%' ? '%' : String(rest[next++] ?? '(null)'),
  );
  const severity = Number(severityValue);
  const number = severity < LOWEST_ERROR ? 0 : 50000;
  const error = new SqlError(number, text, {
    severity,
    state: Number(errorState),
    line,
    procedure: state.frame.procedure,
  });
  if (severity >= LOWEST_ERROR) throw error;
  state.sink.message(error);
}

async function values(state: SessionState, parts: readonly Token[][]) {
  const all = [];
  for (const part of parts) all.push(await evaluate(state, part));
  return all;
}
