import { SqlError, notSupported } from '../sql-error.ts';
import type { SqlType } from '../tds/types.ts';
import type { SqlValue } from '../tds/values.ts';
import { literal } from '../translate/names.ts';
import type { Scope, SessionNames } from '../translate/scope.ts';
import { statementScope } from '../translate/translator.ts';
import { looseType } from '../translate/types.ts';
import type { SessionState } from './state.ts';
import { toPostgres } from './values.ts';

/** One statement's translation: its scope, and the parameters its text refers to. */
export interface Translation {
  readonly scope: Scope;
  readonly values: (string | null)[];
}

const INT: SqlType = { name: 'int' };
const TEXT: SqlType = { name: 'nvarchar', length: 4000 };

/** Starts a statement's translation. In a condition, text that no column's collation governs ignores case. */
export function translation(state: SessionState, condition = false): Translation {
  const names = new StatementNames(state, condition);
  return { scope: statementScope(names, state.engine.names), values: names.values };
}

/** Names of the session, and values as parameters of the statement. */
class StatementNames implements SessionNames {
  readonly values: (string | null)[] = [];
  readonly #state: SessionState;
  readonly #condition: boolean;
  readonly #places = new Map<string, number>();

  constructor(state: SessionState, condition: boolean) {
    this.#state = state;
    this.#condition = condition;
  }

  get key(): number {
    return this.#state.database.key;
  }

  get identityInsert(): boolean {
    return this.#state.identityInsert;
  }

  databaseKey(name: string): number {
    return this.#state.findDatabase(name).key;
  }

  temporary(name: string): string {
    const relation = this.#state.temporaries.get(name.toLowerCase());
    if (relation) return relation;
    if (name.startsWith('##')) throw notSupported('A global temporary table');
    if (name.startsWith('#')) throw new SqlError(208, `Invalid object name '${name}'.`);
    throw new SqlError(1087, `Must declare the table variable "${name}".`, { severity: 15, state: 2 });
  }

  value(name: string, line: number): string {
    if (name === 'scope_identity()' || name === '@@identity') {
      const { inserted } = this.#state;
      return inserted === undefined ? 'NULL::numeric' : `tsql.last_identity(${literal(inserted)})`;
    }
    if (name === '@@version') return 'tsql.version()';
    if (name === '@@servername') return 'tsql.server()';
    if (name === '@@dbts') return 'tsql.min_active_rowversion()';
    const { type, value } = systemValue(name, this.#state) ?? this.#state.variable(name, line);
    return this.#parameter(name, type, value);
  }

  #parameter(name: string, type: SqlType, value: SqlValue): string {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.values.push(toPostgres(value));
      this.#places.set(name, place);
    }
    const target = looseType(type);
    if (target !== 'text') return `($${place}::text)::${target}`;
    return this.#condition ? `($${place}::text COLLATE tsql.ci)` : `$${place}::text`;
  }
}

/** What T-SQL's system functions and @@ variables say about the session. */
function systemValue(name: string, state: SessionState): { type: SqlType; value: SqlValue } | undefined {
  const { caught } = state;
  switch (name) {
    case '@@rowcount':
      return { type: INT, value: state.rowCount };
    case '@@trancount':
      return { type: INT, value: state.transactions };
    case '@@error':
      return { type: INT, value: state.lastError };
    case '@@spid':
      return { type: INT, value: state.identity.session };
    case '@@fetch_status':
      return { type: INT, value: state.fetchStatus };
    case '@@nestlevel':
      return { type: INT, value: state.depth };
    case '@@procid':
      return { type: INT, value: 0 };
    case 'xact_state()':
      return { type: INT, value: state.doomed ? -1 : Math.min(state.transactions, 1) };
    case 'error_number()':
      return { type: INT, value: caught?.number ?? null };
    case 'error_severity()':
      return { type: INT, value: caught?.severity ?? null };
    case 'error_state()':
      return { type: INT, value: caught?.state ?? null };
    case 'error_line()':
      return { type: INT, value: caught?.line ?? null };
    case 'error_message()':
      return { type: TEXT, value: caught?.message ?? null };
    case 'error_procedure()':
      return { type: TEXT, value: caught?.procedure || null };
    case 'app_name()':
    case 'host_name()':
      return { type: TEXT, value: '' };
  }
  if (name.startsWith('@@')) throw notSupported(name);
  return undefined;
}
