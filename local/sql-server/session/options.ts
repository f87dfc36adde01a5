import { notSupported } from '../sql-error.ts';
import type { SessionState } from './state.ts';

/** Options that change nothing here, whatever their value. */
const WITHOUT_EFFECT =
  /^(ANSI_NULLS|ANSI_PADDING|ANSI_WARNINGS|ANSI_NULL_DFLT_ON|ARITHABORT|CONCAT_NULL_YIELDS_NULL|QUOTED_IDENTIFIER|NUMERIC_ROUNDABORT|CURSOR_CLOSE_ON_COMMIT|IMPLICIT_TRANSACTIONS|TEXTSIZE|DATEFIRST|DATEFORMAT|LANGUAGE|LOCK_TIMEOUT|DEADLOCK_PRIORITY|TRANSACTION ISOLATION LEVEL .*|TRANSACTION ISOLATION LEVEL)$/;

/** Runs SET <option>. */
export function setOption(state: SessionState, name: string, value: string, line: number): void {
  const on = value === 'ON';
  if (name === 'XACT_ABORT') state.xactAbort = on;
  else if (name === 'NOCOUNT') state.noCount = on;
  else if (name.startsWith('IDENTITY_INSERT')) state.identityInsert = on;
  else if (!WITHOUT_EFFECT.test(name) && !/^ANSI_NULLS ?,/.test(name)) throw notSupported(`SET ${name}`, line);
}
