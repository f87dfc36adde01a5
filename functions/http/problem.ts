/** Errors of the API as problem documents: https://www.rfc-editor.org/rfc/rfc9457 */
import type { HttpResponseInit } from '@azure/functions';
import { apiErrors, fieldErrors } from '../../shared/errors.ts';
import type { ApiErrorCode, FieldErrorCode } from '../../shared/errors.ts';

/** What is wrong with one field of a request body. Never holds a value of the request. */
export interface FieldError {
  /** JSON pointer to the field: https://www.rfc-editor.org/rfc/rfc6901 */
  readonly pointer: string;
  readonly code: FieldErrorCode;
  readonly detail: string;
  readonly remedy: string;
}

/** Makes a field error; the remedy is that of the code unless another is given. */
export function fieldError(
  pointer: string,
  code: FieldErrorCode,
  detail: string,
  remedy: string = fieldErrors[code],
): FieldError {
  return { pointer, code, detail, remedy };
}

interface ApiErrorOptions {
  readonly errors?: readonly FieldError[];
  /** Headers of the answer, beside those of every problem. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A request that is answered with a problem document. `message` is its `detail`: it is shown to the caller. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ApiErrorCode, detail: string, { errors = [], headers = {}, cause }: ApiErrorOptions = {}) {
    super(detail, { cause });
    this.code = code;
    this.errors = errors;
    this.headers = headers;
  }
}

/** The answer to a body of the right shape with fields that cannot be used. */
export function invalidFields(errors: readonly FieldError[]): ApiError {
  return new ApiError('InvalidRequestBody', 'The fields named in errors are not valid.', { errors });
}

/** Codes of what is not there. */
export type NotFoundCode = {
  [Code in ApiErrorCode]: (typeof apiErrors)[Code]['status'] extends 404 ? Code : never;
}[ApiErrorCode];

/** The answer to a request for what does not exist, word for word the same as for what the token does not reach. */
export function notFound(code: NotFoundCode): ApiError {
  return new ApiError(code, 'It does not exist, or the access token does not reach its tenant.');
}

/** Builds the answer to a request that failed. `instance` is the path of the request. */
export function problemResponse(error: ApiError, instance: string, traceId: string): HttpResponseInit {
  const { code, errors, message } = error;
  const { status, title } = apiErrors[code];
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'x-ms-error-code': code, ...error.headers },
    jsonBody: {
      // Relative to the request: `GET /api/errors` says what it means. https://www.rfc-editor.org/rfc/rfc9457#section-3.1.1
      type: `/api/errors#${code}`,
      title,
      status,
      detail: message,
      instance,
      code,
      ...(errors.length === 0 ? {} : { errors }),
      traceId,
    },
  };
}
