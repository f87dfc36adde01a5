/** A refusal in the words of Azure Monitor. */
export class MonitorError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The answer to a request that nobody could answer. */
export function badRequest(message: string): MonitorError {
  return new MonitorError(400, 'BadRequest', message);
}
