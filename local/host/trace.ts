import { randomBytes } from 'node:crypto';

/** The trace that an invocation belongs to: https://www.w3.org/TR/trace-context/ */
export interface Trace {
  readonly id: string;
  /** Whether the host records it. */
  readonly sampled: boolean;
}

const HEADER = /^00-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-([\da-f]{2})$/;

/** The trace of a `traceparent` header; undefined if there is none that can be read. */
export function traceOf(header: string | readonly string[] | undefined): Trace | undefined {
  const [, id, flags = '00'] = HEADER.exec(String(header)) ?? [];
  return id === undefined ? undefined : { id, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** A trace of its own, which begins with an invocation. */
export function newTrace(): Trace {
  return { id: randomBytes(16).toString('hex'), sampled: true };
}

/** What a function is told: the trace, and the span that the host has made for the invocation. */
export function traceParentOf({ id, sampled }: Trace): string {
  return `00-${id}-${randomBytes(8).toString('hex')}-${sampled ? '01' : '00'}`;
}
