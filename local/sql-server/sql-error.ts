interface Place {
  /** Severity class; 11 to 16 are errors the caller can correct. */
  readonly severity?: number;
  readonly state?: number;
  readonly line?: number;
  readonly procedure?: string;
}

/** An error (or, below severity 11, a message) as SQL Server reports it to a client. */
export class SqlError extends Error {
  readonly number: number;
  readonly severity: number;
  readonly state: number;
  line: number;
  procedure: string;

  constructor(number: number, message: string, place: Place = {}) {
    super(message);
    this.number = number;
    this.severity = place.severity ?? 16;
    this.state = place.state ?? 1;
    this.line = place.line ?? 1;
    this.procedure = place.procedure ?? '';
  }
}

// "Statement '%.*ls' is not supported in this version of SQL Server."
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
const NOT_SUPPORTED = 40510;

/** The refusal of a T-SQL construct that this endpoint does not run; the text names it. */
export function notSupported(construct: string, line = 1): SqlError {
  return new SqlError(NOT_SUPPORTED, `${construct} is not supported by the local SQL endpoint.`, { line });
}

/** Error 102: the text cannot be parsed near `near`. */
export function syntaxError(near: string, line = 1): SqlError {
  return new SqlError(102, `Incorrect syntax near '${near}'.`, { severity: 15, line });
}
