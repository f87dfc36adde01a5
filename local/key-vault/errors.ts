import type { HttpsAnswer } from '../endpoint/https-endpoint.ts';

/** A refusal in the words of Key Vault: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
export class KeyVaultError extends Error {
  readonly status: number;
  readonly code: string;
  /** Tells apart what shares a code. */
  readonly innerCode: string | undefined;

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.innerCode = innerCode;
  }
}

/** The answer that carries an error. */
export function describeError({ status, code, message, innerCode }: KeyVaultError): HttpsAnswer {
  return { status, body: { error: { code, message, ...(innerCode && { innererror: { code: innerCode } }) } } };
}
