/** Why an activity failed, as its run shows it. */
export class ActivityError extends Error {
  readonly errorCode: string;
  readonly failureType: 'UserError' | 'SystemError';

  constructor(errorCode: string, message: string, failureType: 'UserError' | 'SystemError' = 'UserError') {
    super(message);
    this.name = 'ActivityError';
    this.errorCode = errorCode;
    this.failureType = failureType;
  }
}

/** An activity setting that the service has and the local one does not carry out. */
export function unsupportedSetting(errorCode: string, what: string): ActivityError {
  return new ActivityError(errorCode, `${what} is not supported by the local Data Factory.`);
}
