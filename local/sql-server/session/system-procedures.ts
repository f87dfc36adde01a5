import { SqlError, notSupported } from '../sql-error.ts';
import type { SqlValue } from '../tds/values.ts';
import { tokenize } from '../tsql/lexer.ts';
import { TokenReader, splitAtCommas } from '../tsql/token-reader.ts';
import { parseType } from '../tsql/types.ts';
import type { ApplicationLocks } from './application-locks.ts';
import { type PassedArgument, type RunBody, runText } from './procedures.ts';
import type { SessionState, Variable } from './state.ts';

/** What system procedures share within one session. */
export interface SystemContext {
  readonly state: SessionState;
  readonly run: RunBody;
  readonly locks: ApplicationLocks;
  readonly prepared: Map<number, { readonly definitions: string; readonly text: string }>;
}

type SystemProcedure = (context: SystemContext, passed: readonly PassedArgument[]) => Promise<number> | number;

/** https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-releaseapplock-transact-sql */
const LOCK_NOT_HELD = -999;
const DEFAULT_LOCK_TIMEOUT_MS = 30_000;

const SYSTEM_PROCEDURES: Readonly<Record<string, SystemProcedure>> = {
  async sp_executesql(context, [text, definitions, ...passed]) {
    await executeText(context, textOf(text?.value), textOf(definitions?.value), passed);
    return 0;
  },
  sp_prepare({ prepared }, [handle, definitions, text]) {
    const number = prepared.size + 1;
    prepared.set(number, { definitions: textOf(definitions?.value), text: textOf(text?.value) });
    handle?.receive?.(number);
    return 0;
  },
  async sp_execute(context, [handle, ...passed]) {
    const statement = context.prepared.get(Number(handle?.value));
    if (!statement) throw new SqlError(8179, `Could not find prepared statement with handle ${textOf(handle?.value)}.`);
    await executeText(context, statement.text, statement.definitions, passed);
    return 0;
  },
  async sp_prepexec(context, [handle, definitions, text, ...passed]) {
    const number = context.prepared.size + 1;
    context.prepared.set(number, { definitions: textOf(definitions?.value), text: textOf(text?.value) });
    handle?.receive?.(number);
    await executeText(context, textOf(text?.value), textOf(definitions?.value), passed);
    return 0;
  },
  sp_unprepare: () => 0,
  async sp_getapplock({ state, locks }, passed) {
    const resource = textOf(named(passed, '@resource', 0)?.value).toLowerCase();
    const timeout = Number(named(passed, '@locktimeout', 3)?.value ?? DEFAULT_LOCK_TIMEOUT_MS);
    const owner = textOf(named(passed, '@lockowner', 2)?.value).toLowerCase();
    const kind = owner === 'session' ? owner : 'transaction';
    return locks.take(state, kind, `${state.database.key}:${resource}`, timeout);
  },
  sp_releaseapplock({ state, locks }, passed) {
    const resource = textOf(named(passed, '@resource', 0)?.value).toLowerCase();
    return locks.release(state, `${state.database.key}:${resource}`) ? 0 : LOCK_NOT_HELD;
  },
};

const textOf = (value: SqlValue | undefined): string => (value === null || value === undefined ? '' : String(value));

function named(passed: readonly PassedArgument[], name: string, place: number): PassedArgument | undefined {
  const positional = passed[place];
  return passed.find((argument) => argument.name === name) ?? (positional?.name === undefined ? positional : undefined);
}

/** A system procedure by its name; undefined for other names. Refuses those that exist in SQL Server only. */
export function systemProcedure(parts: readonly string[]): SystemProcedure | undefined {
  const name = (parts.at(-1) ?? '').toLowerCase();
  const known = SYSTEM_PROCEDURES[name];
  if (known) return known;
  const schema = (parts.at(-2) ?? '').toLowerCase();
  if (schema === 'sys' || (schema === '' && /^(sp|xp)_/.test(name))) throw notSupported(`The system procedure ${name}`);
  return undefined;
}

/** Runs parameterised text: values arrive by name or place, outputs are handed back. */
async function executeText(
  context: SystemContext,
  text: string,
  definitions: string,
  passed: readonly PassedArgument[],
): Promise<void> {
  const variables = new Map<string, Variable>();
  const receivers: (() => void)[] = [];
  for (const [index, part] of splitAtCommas(tokenize(definitions)).entries()) {
    const reader = new TokenReader(part);
    const name = reader.take().text.toLowerCase();
    reader.accept('AS');
    const argument = named(passed, name, index);
    const variable: Variable = { type: parseType(reader), value: argument?.value ?? null };
    variables.set(name, variable);
    receivers.push(() => argument?.receive?.(variable.value));
  }
  await runText(context.state, text, variables, context.run);
  for (const receive of receivers) receive();
}
