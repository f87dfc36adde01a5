/** How lists go on after a page: by a row key, opaque to callers. */
import type { KnownCall } from './adapter.ts';
import { nextLinkOf } from './links.ts';

/** The member of an answer that leads to the next page; none after the last one. */
export function linkTo(call: KnownCall, path: string, next: string | undefined): { readonly nextLink?: string } {
  if (next === undefined) return {};
  return { nextLink: nextLinkOf(call, path, Buffer.from(next).toString('base64url')) };
}

/** The row after which a list goes on; undefined: from its beginning. One that somebody made up leads to any page. */
export function placeOf(continuation: string | undefined): string | undefined {
  return continuation === undefined ? undefined : Buffer.from(continuation, 'base64url').toString();
}
