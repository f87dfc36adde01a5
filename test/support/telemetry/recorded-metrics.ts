/** The metrics of an app that runs in this process, as Application Insights gets them when a test wants it. */
import { metrics } from '@opentelemetry/api';
import { AzureMonitorMetricExporter } from '@azure/monitor-opentelemetry-exporter';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { sharedIdentity } from '../shared-endpoints.ts';
import { startApplicationInsights } from './application-insights.ts';
import type { Row } from './application-insights.ts';

const NEVER_BY_ITSELF_MS = 86_400_000;

export interface RecordedMetrics {
  readonly rows: readonly Row[];
  /** Sends what was measured since the last time. */
  send(): Promise<void>;
  stop(): Promise<void>;
}

/** Begins to record; until it is stopped, every measurement in this process is. */
export async function recordMetrics(): Promise<RecordedMetrics> {
  const { tls, credential } = await sharedIdentity();
  const insights = await startApplicationInsights(tls);
  Object.assign(process.env, { APPLICATION_INSIGHTS_NO_STATSBEAT: 'true' });
  const exporter = new AzureMonitorMetricExporter({
    connectionString: insights.settings['APPLICATIONINSIGHTS_CONNECTION_STRING'] ?? '',
    credential,
    disableOfflineStorage: true,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: NEVER_BY_ITSELF_MS });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  return {
    rows: insights.rows,
    send: () => provider.forceFlush(),
    async stop() {
      metrics.disable();
      await provider.shutdown();
      await insights.stop();
    },
  };
}
