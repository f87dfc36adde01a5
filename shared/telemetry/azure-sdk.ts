/**
 * Spans of what the SDKs of Azure do, by their own tracing interface. The instrumenter that Azure publishes comes with a hook into
 * the loader of modules only, and writes URLs and texts of errors into its spans, which hold names of a customer's things.
 */
import type { Instrumenter, TracingSpan, TracingSpanKind } from '@azure/core-tracing';
import { useInstrumenter } from '@azure/core-tracing';
import type { Attributes, Span } from '@opentelemetry/api';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { attributes } from './attributes.ts';
import { nameOf } from './spans.ts';

const kinds: Readonly<Record<TracingSpanKind, SpanKind>> = {
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};

/** Has the SDKs of Azure make spans from now on. */
export function traceAzureSdks(): void {
  useInstrumenter(instrumenter);
}

const instrumenter: Instrumenter = {
  startSpan(name, { packageName, packageVersion, tracingContext = context.active(), spanKind, spanAttributes = {} }) {
    const options = { kind: kinds[spanKind ?? 'internal'], attributes: safeAttributes(spanAttributes) };
    const span = trace.getTracer(packageName, packageVersion).startSpan(name, options, tracingContext);
    return { span: wrapped(span), tracingContext: trace.setSpan(tracingContext, span) };
  },
  withContext: (tracingContext, callback, ...given) => context.with(tracingContext, callback, undefined, ...given),
  parseTraceparentHeader: (traceparent) => propagation.extract(ROOT_CONTEXT, { traceparent }),
  createRequestHeaders(tracingContext = context.active()) {
    const headers: Record<string, string> = {};
    propagation.inject(tracingContext, headers);
    return headers;
  },
};

function wrapped(span: Span): TracingSpan {
  return {
    setStatus(status) {
      if (status.status === 'success') return;
      span.setStatus({ code: SpanStatusCode.ERROR });
      if (status.error !== undefined) span.setAttribute(attributes.code.name, nameOf(status.error));
    },
    setAttribute: (name, value) => void span.setAttributes(safeAttributes({ [name]: value })),
    // Its text is not written down; the status has its name.
    recordException: () => undefined,
    isRecording: () => span.isRecording(),
    end: () => span.end(),
  };
}

/** What the SDKs tell, by the names that OpenTelemetry has given it since; nothing else is written down. */
const translated: Readonly<Record<string, string>> = {
  'http.method': attributes.method.name,
  'http.status_code': attributes.status.name,
  'az.namespace': attributes.service.name,
  'net.peer.name': attributes.server.name,
};

function safeAttributes(told: Readonly<Record<string, unknown>>): Attributes {
  const safe: Attributes = {};
  for (const [name, value] of Object.entries(told)) {
    const known = translated[name];
    if (name === 'http.url' && typeof value === 'string') safe[attributes.server.name] = new URL(value).hostname;
    else if (known !== undefined && (typeof value === 'string' || typeof value === 'number')) safe[known] = value;
  }
  return safe;
}
