/** Figures of the whole: start of the stack, time of a setup by phase, latency of the API, memory. */
import { loadavg } from 'node:os';
import { registerRuntimeNode } from '../data-factory/runtime-node.ts';
import { registerEnvironment, sampleSetupBody } from '../demo/sample-setup.ts';
import { SetupClient } from '../demo/setup-client.ts';
import { startStack } from '../stack/stack.ts';
import { memoryOfProcesses } from '../stack/process/process-memory.ts';

const REQUESTS = 50;

const before = performance.now();
const stack = await startStack({ appDirectory: process.cwd() });
const startMs = performance.now() - before;
try {
  console.log(`load average before: ${loadavg()[0]?.toFixed(2)}`);
  console.log(`stack start: ${(startMs / 1000).toFixed(1)} s`);
  const client = new SetupClient(stack.host.url, stack.tenantId, () => stack.accessToken('provisioning'));
  await timeSetup(client);
  await timeRequests(client);
  console.log('memory (MB resident)');
  for (const { name, megabytes } of await memoryOfProcesses()) console.log(`  ${name.padEnd(12)} ${megabytes}`);
} finally {
  await stack.stop();
}

async function timeSetup(client: SetupClient): Promise<void> {
  const { databases, dataFactory } = stack;
  await registerEnvironment(stack, databases.samples[0]);
  const { headers } = await client.put('bench', sampleSetupBody(databases.samples[0]));
  await registerNode(dataFactory.url, client);
  await client.follow(headers.get('operation-location') ?? '', 50);
  const { phases } = (await client.get('bench')).body as { phases: { phase: string; durationMs: number }[] };
  console.log('setup by phase (s)');
  for (const { phase, durationMs } of phases) console.log(`  ${phase.padEnd(20)} ${(durationMs / 1000).toFixed(2)}`);
  const sinceOnline = phases.slice(2).reduce((sum, { durationMs }) => sum + durationMs, 0);
  console.log(`setup after the runtime is online: ${(sinceOnline / 1000).toFixed(2)} s`);
}

async function registerNode(url: string, client: SetupClient): Promise<void> {
  for (;;) {
    const { status, body } = await client.listRuntimeKeys('bench');
    if (status !== 200) continue;
    const { authKey1 } = body as { authKey1: string };
    await registerRuntimeNode(url, { authKey: authKey1, nodeName: 'BENCH' });
    return client.findNode('bench');
  }
}

/** The PUT does all of its checks, stores the password and the setup, and starts an orchestration. */
async function timeRequests(client: SetupClient): Promise<void> {
  // A setup has its environment for itself.
  const samples = Array.from({ length: REQUESTS }, (_, index) => ({
    ...stack.databases.samples[0],
    environment: `Latency ${index}`,
  }));
  for (const sample of samples) await registerEnvironment(stack, sample);
  const bodies = samples.map((sample) => sampleSetupBody(sample));
  const puts = await timeEach((index) => client.put(`latency-${index}`, bodies[index]));
  const gets = await timeEach((index) => client.get(`latency-${index}`));
  console.log(`PUT that starts a setup: ${puts.text}`);
  console.log(`GET of a setup: ${gets.text}`);
  console.log(`PUT takes ${(puts.median / gets.median).toFixed(1)} times as long as GET`);
}

async function timeEach(request: (index: number) => Promise<unknown>): Promise<{ text: string; median: number }> {
  const times: number[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const started = performance.now();
    await request(index);
    times.push(performance.now() - started);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  const text = `median ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms of ${REQUESTS}`;
  return { text, median: at(0.5) };
}
