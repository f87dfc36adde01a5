/** What Table Storage refuses: https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes */
export class TableFault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(`${code} (${status})`);
    this.status = status;
    this.code = code;
  }

  /** @param index of the operation in a transaction */
  body(index?: number): string {
    const value = `${index === undefined ? '' : `${index}:`}${this.code}.`;
    return JSON.stringify({ 'odata.error': { code: this.code, message: { lang: 'en-US', value } } });
  }
}

/** One operation of a transaction was refused, and with it the whole. */
export class OperationFault extends Error {
  readonly fault: TableFault;
  readonly index: number;

  constructor(fault: TableFault, index: number) {
    super(`Operation ${index}: ${fault.message}`);
    this.fault = fault;
    this.index = index;
  }
}
