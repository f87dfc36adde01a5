/** Spans of the app's own work. Where no telemetry was started, they cost nothing. */
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { attributesOf } from './attributes.ts';
import type { Facts } from './attributes.ts';

const tracer = trace.getTracer('cloud-migration-setup');

/** Adds to a span what its work has found out. */
export type Note = (facts: Facts) => void;

/**
 * Does some work in a span. What it throws is told by its name only: texts of errors may hold names of a customer's things.
 * @param kind of the span: another service's work is the client's
 */
export async function inSpan<Result>(
  name: string,
  facts: Facts,
  work: (note: Note) => Promise<Result>,
  kind: SpanKind = SpanKind.INTERNAL,
): Promise<Result> {
  return tracer.startActiveSpan(name, { kind, attributes: attributesOf(facts) }, async (span) => {
    try {
      return await work((found) => {
        span.setAttributes(attributesOf(found));
        if (found.code !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      });
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttributes(attributesOf({ code: nameOf(error) }));
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The `traceparent` of what is being done; undefined without a trace. https://www.w3.org/TR/trace-context/ */
export function currentTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** What an error says of its kind: the code of a service, or its class. */
export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
