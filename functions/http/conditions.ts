/** Entity tags and conditional requests: https://www.rfc-editor.org/rfc/rfc9110#section-13 */
import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import { ApiError } from './problem.ts';

/** The strong entity tag of a representation: it changes exactly when the representation does. */
export function etagOf(representation: object): string {
  return `"${createHash('sha256').update(JSON.stringify(representation)).digest('base64url').slice(0, 22)}"`;
}

const unsupported = ['if-modified-since', 'if-unmodified-since', 'if-range'];

/**
 * Checks the preconditions of a request that writes.
 * @param etag of the resource as it is now; undefined if there is none
 * @throws {ApiError} `PreconditionFailed`
 */
export function requirePreconditions({ headers }: HttpRequest, etag: string | undefined): void {
  const ifMatch = headers.get('if-match');
  if (ifMatch !== null && !matches(ifMatch, etag, 'strong')) failed('If-Match');
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== null && matches(ifNoneMatch, etag, 'weak')) failed('If-None-Match');
  refuseUnsupported(headers);
}

/**
 * Says whether a reader already has the representation and gets 304.
 * @throws {ApiError} `PreconditionFailed`
 */
export function isNotModified({ headers }: HttpRequest, etag: string): boolean {
  const ifMatch = headers.get('if-match');
  if (ifMatch !== null && !matches(ifMatch, etag, 'strong')) failed('If-Match');
  refuseUnsupported(headers);
  const ifNoneMatch = headers.get('if-none-match');
  return ifNoneMatch !== null && matches(ifNoneMatch, etag, 'weak');
}

/** A condition that is not understood must not be ignored: its sender relies on it. */
function refuseUnsupported(headers: Headers): void {
  const header = unsupported.find((name) => headers.has(name));
  if (header === undefined) return;
  throw new ApiError('PreconditionFailed', `The header ${header} is not supported: use If-Match or If-None-Match.`);
}

function failed(header: string): never {
  throw new ApiError('PreconditionFailed', `The condition of the header ${header} does not hold.`);
}

function matches(list: string, etag: string | undefined, comparison: 'strong' | 'weak'): boolean {
  if (etag === undefined) return false;
  if (list.trim() === '*') return true;
  return list.split(',').some((item) => {
    const tag = item.trim();
    return (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag;
  });
}
