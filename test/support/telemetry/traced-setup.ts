/** One setup on the local stack whose request belongs to a trace, with a consumer that reads the trace of each message. */
import { randomBytes } from 'node:crypto';
import { ServiceBusClient } from '@azure/service-bus';
import { registerEnvironment, sampleSetupBody } from '../../../local/demo/sample-setup.ts';
import type { Sample, SourceKind } from '../../../local/stack/databases.ts';
import { startStack } from '../../../local/stack/stack.ts';
import type { Stack } from '../../../local/stack/stack.ts';
import { apiVersion } from '../../../shared/setup/setup.ts';
import { startApplicationInsights } from './application-insights.ts';
import type { ApplicationInsights } from './application-insights.ts';

/** What a consumer's handler got. */
interface Handled {
  readonly type: string;
  /** As an SDK reads it, and as a subscription or a reader of CloudEvents does. */
  readonly traceparents: readonly unknown[];
}

/** A stack whose app sends telemetry. */
export interface ObservedStack extends Stack {
  readonly insights: ApplicationInsights;
}

/** Starts a stack whose app sends telemetry. @param recordsDurable whether the host records orchestrations in traces */
export async function startObservedStack(
  recordsDurable: boolean,
  samples: readonly [SourceKind, ...SourceKind[]] = ['AzureSql'],
): Promise<ObservedStack> {
  let insights: ApplicationInsights | undefined;
  const stack = await startStack({
    appDirectory: process.cwd(),
    samples,
    recordsDurable,
    startTelemetry: async (tls) => {
      insights = await startApplicationInsights(tls);
      return insights;
    },
  });
  if (insights === undefined) throw new Error('The stack started no telemetry');
  return { ...stack, insights };
}

/** Runs a setup to its end. @returns its trace, and what the consumer got */
export async function runTracedSetup(stack: Stack, setupId: string, sample: Sample) {
  const traceId = randomBytes(16).toString('hex');
  const client = new ServiceBusClient(stack.serviceBus.fullyQualifiedNamespace, stack.credential('subscriber'));
  const session = await client.acceptSession('setup-events', 'provisioning', `${stack.tenantId}.${setupId}`);
  const handled: Handled[] = [];
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  session.subscribe({
    processMessage: async ({ body, applicationProperties = {} }) => {
      const { type, traceparent } = body as { type: string; traceparent?: string };
      const { 'Diagnostic-Id': diagnosticId, cloudEvents_traceparent: copy } = applicationProperties;
      handled.push({ type, traceparents: [traceparent, diagnosticId, copy] });
      if (/\.(?:ready|failed)\.v1$/.test(type)) resolve();
    },
    processError: async ({ error }) => reject(error),
  });
  await registerEnvironment(stack, sample);
  const path = `tenants/${stack.tenantId}/migrationSetups/${setupId}?api-version=${apiVersion}`;
  const answer = await fetch(`${stack.host.url}/api/${path}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await stack.accessToken('provisioning')}`,
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
    },
    body: JSON.stringify(sampleSetupBody(sample)),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  await ended;
  // Messages that are settled now are not taken again.
  await session.close();
  await client.close();
  return { traceId, handled };
}
