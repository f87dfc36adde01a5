/** What functions are told of the trace that they work in, as a host does that speaks OpenTelemetry. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';

const appDirectory = path.join(import.meta.dirname, '../fixtures/functions-app');
const traceId = '0af7651916cd43dd8448eb211c80319c';
const caller = `00-${traceId}-b7ad6b7169203331-01`;

function start(settings: Readonly<Record<string, string>>, recordsDurable: boolean): Promise<FunctionsHost> {
  return startFunctionsHost({ appDirectory, settings: { TASKHUB_NAME: 'Hub', ...settings }, recordsDurable });
}

async function traceOfRequest(host: FunctionsHost, headers: Record<string, string> = {}): Promise<string> {
  return (await fetch(`${host.url}/api/trace`, { headers })).text();
}

describe.each([
  ['that records no orchestrations', false, '00'],
  ['that records orchestrations', true, '01'],
])('a host %s', (_which, recordsDurable, flags) => {
  let host: FunctionsHost;
  beforeAll(async () => {
    host = await start({ AzureFunctionsJobHost__telemetryMode: 'OpenTelemetry' }, recordsDurable);
  });
  afterAll(() => host.stop());

  test('lets a request belong to the trace of its caller, or to one of its own', async () => {
    const [continued, own] = [await traceOfRequest(host, { traceparent: caller }), await traceOfRequest(host)];
    expect(continued).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(continued).not.toBe(caller);
    expect(own).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(own).not.toContain(traceId);
  });

  test('lets activities belong to the trace of who started their orchestration, or its parent', async () => {
    const url = new URL('/runtime/webhooks/durabletask/orchestrators/traced', host.url);
    url.search = new URLSearchParams({ code: host.keys.durable, timeout: '20', pollingInterval: '1' }).toString();
    const answer = await fetch(url, { method: 'POST', headers: { traceparent: caller } });
    const traces = (await answer.json()) as string[];
    expect(traces).toHaveLength(2);
    for (const trace of traces) expect(trace).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-${flags}$`));
    expect(new Set(traces).size).toBe(2);
  });
});

test('a host that speaks no OpenTelemetry tells of no trace', async () => {
  const host = await start({}, false);
  try {
    expect(await traceOfRequest(host, { traceparent: caller })).toBe('');
  } finally {
    await host.stop();
  }
});
