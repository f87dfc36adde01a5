/** How lists go on after a page: by a row key, opaque to callers. */
import type { KnownCall } from './adapter.ts';
import { nextLinkOf } from './links.ts';
import { ApiError } from './problem.ts';

/** The member of an answer that leads to the next page; none after the last one. */
export function linkTo(call: KnownCall, path: string, next: string | undefined): { readonly nextLink?: string } {
  if (next === undefined) return {};
  return { nextLink: nextLinkOf(call, path, Buffer.from(next).toString('base64url')) };
}

/** The row after which a list goes on; undefined: from its beginning. One that somebody made up leads to any page. */
export function placeOf(continuation: string | undefined): string | undefined {
  return continuation === undefined ? undefined : Buffer.from(continuation, 'base64url').toString();
}

/**
 * The key of the row after which a list goes on; undefined for its beginning.
 * @param keys what the keys of such a list look like
 * @throws {ApiError} `InvalidQueryParameter` if no page of such a list leads there
 */
export function keyBefore(continuation: string | undefined, keys: RegExp): string | undefined {
  const key = placeOf(continuation);
  if (key === undefined || keys.test(key)) return key;
  throw badContinuation();
}

/**
 * How many rows come before those with which a list of numbered rows goes on.
 * @throws {ApiError} `InvalidQueryParameter` if no page of such a list leads there
 */
export function countBefore(continuation: string | undefined): number {
  const place = placeOf(continuation) ?? '0';
  if (/^\d{1,9}$/.test(place)) return Number(place);
  throw badContinuation();
}

/** For a continuation that is not one of the list. */
export function badContinuation(): ApiError {
  return new ApiError('InvalidQueryParameter', 'continuation: Follow the nextLink of a page as it is.');
}
