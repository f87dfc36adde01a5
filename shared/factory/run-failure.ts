/** What the end of a failed pipeline run means. Pure. */
import type { SetupFailureCode } from '../errors.ts';
import { setupFailure } from '../setup/failure.ts';
import { connectFailureCode } from '../sql/connect-failure.ts';
import type { SetupFailure } from '../setup/setup.ts';

/** Thrown by `claim.sql`: the database is somebody else's. */
const CLAIMED = 50_010;
/** What SqlClient also gives where a connection was open already: a statement took too long, or the connection was lost. */
const ALSO_LATER: ReadonlySet<number> = new Set([-2, 0, 20, 121, 233, 258, 10_054]);

/** The error code of a connection that was refused, whose text names server, database and login, also those of an environment. */
const FAILED_TO_CONNECT = 'SqlFailedToConnect';
const ASK_OPERATOR = 'The operator of the service has the text of Data Factory.';

/** A statement took too long. */
const STATEMENT_TIMED_OUT: ReadonlySet<number> = new Set([-2, 258]);

/** What Data Factory writes before the message of a failed activity: once for each activity or pipeline around it. */
const wrapper =
  /^(?:Operation on target (?<target>\S+) failed: |Activity failed because an inner activity failed; Inner activity name: (?<inner>[^,]+), Error: )/;

// https://learn.microsoft.com/azure/data-factory/data-factory-troubleshoot-guide#error-code-2010
const runtimeOffline = /\bintegration runtime\b.*\boffline\b/is;

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
  const number = sqlErrorNumber(message);
  if (number !== undefined) {
    const place = `the ${sideOf(message)} database`;
    if (number === CLAIMED) return setupFailure('50010', `Stage ${stage} found ${place} in use: ${message}`);
    if (STATEMENT_TIMED_OUT.has(number) && isLater(number, message)) {
      const cause = `Stage ${stage}: a statement in ${place} did not end in its time: SQL error ${number}.`;
      return setupFailure('52073', cause);
    }
    const code = connectCode(number, message);
    if (code !== undefined) {
      return setupFailure(
        code,
        `Stage ${stage} could not open ${place}: SQL error ${number}${refusedAddress(message)}.`,
      );
    }
  }
  if (message.includes(FAILED_TO_CONNECT)) {
    const reason = number === undefined ? 'for a reason that has no number' : `SQL error ${number}`;
    const place = `the ${sideOf(message)} database`;
    return setupFailure('52050', `Stage ${stage} could not open ${place}: ${reason}. ${ASK_OPERATOR}`);
  }
  if (number === undefined && runtimeOffline.test(message)) {
    return setupFailure('52071', `The self-hosted integration runtime was offline during stage ${stage}.`);
  }
  return setupFailure('52050', `Stage ${stage} of the preparation pipeline ended as ${status}: ${message}`);
}

/** Copies and lookups write `SqlErrorNumber=N`, scripts and procedures `Sql error number: N`. */
function sqlErrorNumber(message: string): number | undefined {
  const found = /Sql ?Error ?Number(?:=|: )(?<number>-?\d+)/i.exec(message)?.groups?.['number'];
  return found === undefined ? undefined : Number(found);
}

function connectCode(number: number, message: string): SetupFailureCode | undefined {
  return isLater(number, message) ? undefined : connectFailureCode(number, message);
}

/** Whether a connection was open already. */
function isLater(number: number, message: string): boolean {
  return ALSO_LATER.has(number) && !message.includes(FAILED_TO_CONNECT);
}

/** Data Factory calls the side that an activity reads its source, whichever it is: the activity's name knows better. */
function sideOf(message: string): string {
  const target = /^Operation on target (?<target>\S+) failed: /.exec(innermost(message))?.groups?.['target'] ?? '';
  return /destination/i.test(target) ? 'destination' : 'source';
}

/** https://learn.microsoft.com/azure/azure-sql/database/firewall-configure */
function refusedAddress(message: string): string {
  const address = /\bIP address '(?<address>[\d.:a-f]+)'/i.exec(message)?.groups?.['address'];
  return address === undefined ? '' : `, from the address ${address}`;
}
