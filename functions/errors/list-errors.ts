import type { HttpResponseInit } from '@azure/functions';
import { errorCodes } from '../../shared/errors.ts';

/** `GET errors`: every code that a caller can meet. The `type` of a problem is an address in it. */
export function listErrors(): Promise<HttpResponseInit> {
  return Promise.resolve({ status: 200, jsonBody: { value: errorCodes } });
}
