/** What the end of a failed pipeline run means. Pure. */
import { setupFailure } from '../setup/failure.ts';
import type { SetupFailure } from '../setup/setup.ts';

// Codes that Business Central's client explains to its users: network and login.
const KNOWN_SQL_ERRORS = new Set(['2', '1225', '18456']);

/** Thrown by `claim.sql`: the database is somebody else's. */
const CLAIMED = '50010';

/** What Data Factory writes before the message of a failed activity: once for each activity or pipeline around it. */
const wrapper =
  /^(?:Operation on target (?<target>\S+) failed: |Activity failed because an inner activity failed; Inner activity name: (?<inner>[^,]+), Error: )/;

/** The message of a failed run with the innermost of its activities alone: those around it say nothing more. */
export function innermost(message: string): string {
  let rest = message;
  let target: string | undefined;
  for (let found = wrapper.exec(rest); found !== null; found = wrapper.exec(rest)) {
    target = found.groups?.['target'] ?? found.groups?.['inner'];
    rest = rest.slice(found[0].length);
  }
  return target === undefined ? message : `Operation on target ${target} failed: ${rest}`;
}

/**
 * Reads the cause out of a run's message.
 * @param stage the stage of the preparation pipeline that ran
 * @param message as Data Factory writes it: `Operation on target X failed: …`
 */
export function runFailure(stage: string, status: string, message: string): SetupFailure {
  // Copies and lookups write `SqlErrorNumber=N`, scripts and procedures `Sql error number: N`.
  const sqlError = /Sql ?Error ?Number(?:=|: )(?<number>\d+)/i.exec(message)?.groups?.['number'];
  const cause = `Stage ${stage} of the preparation pipeline ended as ${status}: ${message}`;
  if (sqlError === CLAIMED) return setupFailure(CLAIMED, cause);
  const code = sqlError !== undefined && KNOWN_SQL_ERRORS.has(sqlError) ? sqlError : '52050';
  return { ...setupFailure('52050', cause), code };
}
