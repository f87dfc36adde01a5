/** Joins what the app records with what the host does: each invocation belongs to the trace that the host tells. */
import { app } from '@azure/functions';
import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { TelemetrySettings } from '../shared/config.ts';
import { sendLines } from '../shared/telemetry/logs.ts';
import { startSdk } from '../shared/telemetry/sdk.ts';

/** Begins with telemetry, before anything is registered with the host. */
export function startTelemetry(settings: TelemetrySettings): void {
  const telemetry = startSdk(settings);
  // The host then leaves the lines of the app's log to the app.
  app.setup({ capabilities: { WorkerOpenTelemetryEnabled: true } });
  app.hook.preInvocation((invocation) => {
    const { invocationContext } = invocation;
    const { traceContext, options, functionName } = invocationContext;
    sendLines(invocationContext, functionName);
    const { traceParent = '', traceState = '' } = traceContext ?? {};
    const begun = propagation.extract(ROOT_CONTEXT, { traceparent: traceParent, tracestate: traceState });
    // Timers ask the same of the same tables all day. What they find out is in the metrics.
    const bound = options.trigger.type === 'timerTrigger' ? suppressTracing(begun) : begun;
    invocation.functionHandler = context.bind(bound, invocation.functionHandler);
  });
  app.hook.appTerminate(() => telemetry.end());
}
