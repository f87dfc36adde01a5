/**
 * How fast the engine of the local Functions host is: orchestrations a second, the cost of replaying a history, memory.
 * `node local/bench/engine.ts`; the figures depend on what else the machine does, so the load average goes with them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../endpoint/clock.ts';
import { Engine } from '../host/durable/engine.ts';
import { eventsOf, type HistoryEvent } from '../host/durable/history.ts';
import type { Instance } from '../host/durable/instance.ts';
import { Management } from '../host/durable/management.ts';
import { callOrchestrator } from '../host/durable/orchestrator-call.ts';
import { Store } from '../host/durable/store.ts';
import { decideTurn } from '../host/durable/turn.ts';
import { FunctionApp } from '../host/function-app.ts';
import { readHostSettings } from '../host/settings.ts';

const appDirectory = path.join(import.meta.dirname, 'engine-app');
const app = await FunctionApp.load(appDirectory, {}, () => undefined);
const settings = readHostSettings(appDirectory, {}).durableTask;

/** An engine on a store of its own, until `use` has ended. */
async function withEngine<Result>(file: string, use: (hub: Hub) => Promise<Result>): Promise<Result> {
  const store = new Store(file);
  const log = (line: string): void => console.log(line);
  const engine = new Engine({ app, store, settings, clock: systemClock, log });
  engine.start();
  try {
    return await use({ store, management: new Management(engine, store, systemClock) });
  } finally {
    await engine.stop();
    store.close();
  }
}

interface Hub {
  readonly store: Store;
  readonly management: Management;
}

/** Runs many orchestrations at once, and answers with the seconds until the last has ended. */
async function run({ management }: Hub, name: string, activities: number, count: number): Promise<number> {
  const begin = performance.now();
  const ids = Array.from({ length: count }, (_, index) => `${name}-${activities}-${index}`);
  await Promise.all(ids.map((id) => management.start({ id, name, version: null, input: String(activities) })));
  const last = new Set(ids);
  while (last.size > 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const id of last) {
      const status = management.find(id)?.status;
      if (status === 'Failed') throw new Error(`${id} has failed: ${management.find(id)?.output ?? ''}`);
      if (status !== 'Completed') break;
      last.delete(id);
    }
  }
  return (performance.now() - begin) / 1_000;
}

async function throughput(storage: string, file: string): Promise<void> {
  await withEngine(file, async (hub) => {
    await run(hub, 'sequence', 5, 1_500);
    for (const [name, activities, count] of [
      ['sequence', 5, 2_000],
      ['sequence', 10, 1_000],
      ['fanOut', 10, 1_000],
    ] as const) {
      const begin = process.cpuUsage();
      const seconds = await run(hub, name, activities, count);
      const { user, system } = process.cpuUsage(begin);
      report(
        `${name} of ${activities} activities, ${storage}`,
        `${Math.round(count / seconds)}/s, ${((user + system) / 1_000 / count).toFixed(2)} ms CPU`,
      );
    }
  });
}

/** The cost of one turn at the end of a history of so many events, and of all turns up to there. */
async function replayCost(events: number): Promise<void> {
  // A turn of a sequence leaves four events.
  const activities = Math.ceil(events / 4);
  await withEngine(':memory:', async (hub) => {
    const seconds = await run(hub, 'sequence', activities, 1);
    const [instance] = hub.store.instances();
    if (instance === undefined) throw new Error('The orchestration is not stored.');
    const past = hub.store.turns(instance.id).slice(0, -1);
    const begin = performance.now();
    const turns = 20;
    for (let turn = 0; turn < turns; turn += 1) await replay(instance, past);
    const milliseconds = (performance.now() - begin) / turns;
    report(`a turn that replays ${eventsOf(past).length} events`, `${milliseconds.toFixed(1)} ms`);
    report(`all turns up to ${eventsOf(past).length} events`, `${Math.round(seconds * 1_000)} ms`);
  });
}

async function replay(instance: Instance, past: readonly string[]): Promise<void> {
  const arrived: readonly HistoryEvent[] = [];
  const orchestrator = app.functions.find(({ name }) => name === instance.name);
  if (orchestrator === undefined) throw new Error(`There is no ${instance.name}.`);
  const result = await callOrchestrator(app, orchestrator, { instance, past, arrived });
  const exists = (): boolean => true;
  const { executionId } = instance;
  const scope = { executionId, hasActivity: exists, hasOrchestrator: exists, storeInputs: false, defaultVersion: null };
  const now = instance.lastUpdatedTime;
  decideTurn({ name: instance.name, past: eventsOf(past), arrived, result, scope, now });
}

async function memory(): Promise<void> {
  await withEngine(':memory:', async (hub) => {
    report('memory, idle', megabytes(process.memoryUsage.rss()));
    await run(hub, 'fanOut', 10, 3_000);
    report('memory, at most, with 3000 orchestrations', megabytes(process.resourceUsage().maxRSS * 1_024));
  });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}

function report(what: string, figure: string): void {
  console.log(`${what.padEnd(52)} ${figure.padStart(24)}   load ${loadavg()[0]?.toFixed(1) ?? ''}`);
}

console.log(`${cpus().length} processors, Node.js ${process.version}`);
const directory = await mkdtemp(path.join(tmpdir(), 'engine-bench-'));
try {
  await memory();
  await throughput('in memory', ':memory:');
  await throughput('with full fsync', path.join(directory, 'history.db'));
  for (const events of [200, 1_000, 2_000]) await replayCost(events);
} finally {
  await rm(directory, { recursive: true });
  await app.close();
}
