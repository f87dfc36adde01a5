import { SqlError } from '../sql-error.ts';
import { delimited } from '../translate/names.ts';
import type { TransactionOperation } from '../tsql/statements.ts';
import { closeCursors } from './cursors.ts';
import type { SessionState } from './state.ts';

const savepoint = (name: string) => delimited(`save ${name.toLowerCase()}`);

/** Runs BEGIN, COMMIT, ROLLBACK or SAVE TRANSACTION. */
export async function runTransaction(
  state: SessionState,
  operation: TransactionOperation,
  name: string,
): Promise<void> {
  switch (operation) {
    case 'begin':
      return begin(state);
    case 'save':
      return save(state, name);
    case 'commit':
      return commit(state);
    case 'rollback':
      return rollback(state, name);
  }
}

async function begin(state: SessionState): Promise<void> {
  state.transactions++;
  if (state.transactions > 1) return;
  await state.engine.query('BEGIN');
  state.sink.transaction('begin');
}

async function save(state: SessionState, name: string): Promise<void> {
  if (!state.transactions) {
    throw new SqlError(628, 'Cannot issue SAVE TRANSACTION when there is no active transaction.');
  }
  await state.engine.query(`SAVEPOINT ${savepoint(name)}`);
  state.savepoints.add(name.toLowerCase());
}

async function commit(state: SessionState): Promise<void> {
  if (!state.transactions) throw withoutBegin(3902, 'COMMIT');
  if (state.doomed) {
    throw new SqlError(3930, 'The current transaction cannot be committed. Roll back the transaction.');
  }
  if (state.transactions > 1) {
    state.transactions--;
    return;
  }
  await state.engine.query('COMMIT');
  end(state, 'commit');
}

async function rollback(state: SessionState, name: string): Promise<void> {
  if (!state.transactions) throw withoutBegin(3903, 'ROLLBACK');
  if (name === '' || !state.savepoints.has(name.toLowerCase())) return rollbackAll(state);
  await state.engine.query(`ROLLBACK TO ${savepoint(name)}`);
  state.engine.forget();
}

/** Rolls the whole transaction back, if there is one. */
export async function rollbackAll(state: SessionState): Promise<void> {
  if (!state.transactions) return;
  await state.engine.query('ROLLBACK');
  state.engine.forget();
  closeCursors(state);
  end(state, 'rollback');
  await state.enter();
}

function end(state: SessionState, change: 'commit' | 'rollback'): void {
  state.transactions = 0;
  state.doomed = false;
  state.savepoints.clear();
  state.transactionEnded();
  state.sink.transaction(change);
}

function withoutBegin(number: number, request: string): SqlError {
  return new SqlError(number, `The ${request} TRANSACTION request has no corresponding BEGIN TRANSACTION.`);
}
