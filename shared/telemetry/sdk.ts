/** The only importer of OpenTelemetry's SDK: sends traces, metrics and logs to Application Insights. Loaded where that is wanted. */
import { metrics } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import {
  AzureMonitorLogExporter,
  AzureMonitorMetricExporter,
  AzureMonitorTraceExporter,
} from '@azure/monitor-opentelemetry-exporter';
import { DefaultAzureCredential } from '@azure/identity';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { traceAzureSdks } from './azure-sdk.ts';
import type { TelemetrySettings } from '../config.ts';

/** Telemetry that is being sent. */
export interface Telemetry {
  /** Sends what is left, and nothing after it. */
  end(): Promise<void>;
}

/** Begins with telemetry; from then on every span, measurement and line is sent, as the app's own identity. */
export function startSdk({ connectionString, service, instance }: TelemetrySettings): Telemetry {
  // On disk it would outlive the instance, or be lost with it.
  const target = { connectionString, credential: new DefaultAzureCredential(), disableOfflineStorage: true };
  const resource = resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance });
  const tracing = new NodeTracerProvider({
    resource,
    // What the host does not record itself, such as orchestrations, it hands over as not sampled: the trace goes on.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor(new AzureMonitorTraceExporter(target))],
  });
  tracing.register({ propagator: new W3CTraceContextPropagator() });
  traceAzureSdks();
  const metering = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: new AzureMonitorMetricExporter(target) })],
  });
  metrics.setGlobalMeterProvider(metering);
  const logging = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new AzureMonitorLogExporter(target) })],
  });
  logs.setGlobalLoggerProvider(logging);
  return {
    async end() {
      await Promise.all([tracing.shutdown(), metering.shutdown(), logging.shutdown()]);
    },
  };
}
