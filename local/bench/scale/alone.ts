/** How fast the service is by itself: setups one after the other on one host, with the pipelines' call. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TableClient } from '@azure/data-tables';
import { headFromRow } from '../../../shared/setup/head.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { registerRuntimeNode } from '../../data-factory/runtime-node.ts';
import { registerEnvironment, sampleSetupBody } from '../../demo/sample-setup.ts';
import type { Sample, SourceKind } from '../../stack/databases.ts';
import { quantile, rounded } from './figure.ts';
import type { Figure } from './figure.ts';
import { measureGets } from './gets.ts';
import { withHost } from './host.ts';
import type { OneHost } from './host.ts';
import { nextSteps, PipelineLog } from './pipeline-log.ts';
import type { Interval } from './pipeline-log.ts';

const NUDGED = 3;
const NOT_NUDGED = 2;
const REUSING = 20;
const A_SECOND_MS = 1_000;
const LOOK_EVERY_MS = 5_000;
const STATE_EVERY_MS = 100;

/** Sets up samples, most of which reuse a runtime whose node is online. */
export async function measureAlone(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'open-calls-'));
  const file = join(directory, 'open-calls');
  const pipelines = new PipelineLog();
  const others = Array.from({ length: NUDGED + NOT_NUDGED + REUSING - 1 }, (): SourceKind => 'SqlServer');
  try {
    return await withHost(
      {
        samples: ['SqlServer', ...others],
        settings: {
          NODE_OPTIONS: `--import ${new URL('open-calls.ts', import.meta.url).href}`,
          OPEN_CALLS_FILE: file,
        },
        log: (line) => pipelines.note(line),
      },
      (host) => measureOn(host, pipelines, file),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function measureOn(host: OneHost, pipelines: PipelineLog, file: string): Promise<Figure[]> {
  const samples = [...host.stack.databases.samples];
  const setups = new Setups(host, samples);
  const nudged = [];
  for (let index = 0; index < NUDGED; index += 1) nudged.push(await setups.noticed(`nudged-${index}`, true));
  const notNudged = [];
  for (let index = 0; index < NOT_NUDGED; index += 1) notNudged.push(await setups.noticed(`waiting-${index}`, false));
  const runtimeName = await setups.runtimeOf('nudged-0');
  const alone: Interval[] = [];
  for (let index = 0; index < REUSING; index += 1) alone.push(await setups.setUp(`reusing-${index}`, runtimeName));
  // The app writes its calls down a moment after they have ended.
  await pause(A_SECOND_MS);
  const calls = intervalsOf(await readFile(file, 'utf8'));
  const overheads = alone.map((one) => gapsWithin(one, [...calls, ...pipelines.worked]));
  const steps = await nextSteps(host, setups.ids, pipelines.worked);
  return [
    { name: 'end of a pipeline run to the next step, p95 ms', value: rounded(quantile(steps, 0.95)), bound: 1_000 },
    { name: 'node online to noticed after a nudge, ms', value: rounded(Math.max(...nudged)), bound: 1_000 },
    {
      name: 'node online to noticed without a nudge, a second after a look, ms',
      value: rounded(Math.max(...notNudged)),
      bound: LOOK_EVERY_MS,
    },
    {
      name: `time without a call to a service in a setup alone, p95 of ${REUSING}, ms`,
      value: rounded(quantile(overheads, 0.95)),
      bound: 250,
    },
    ...(await measureGets(host, setups.table, 'reusing-0')),
  ];
}

/** Setups, each of a sample of its own. */
class Setups {
  readonly ids: string[] = [];
  readonly table: TableClient;
  readonly #host: OneHost;
  readonly #samples: Sample[];

  constructor(host: OneHost, samples: Sample[]) {
    this.#host = host;
    this.#samples = samples;
    const { identity, settings } = host.stack;
    const endpoint = settings['MIGRATION_STATE_TABLE_ENDPOINT'] ?? '';
    const getToken = async () => ({
      token: await identity.getToken('https://storage.azure.com'),
      expiresOnTimestamp: Date.now() + 3_600_000,
    });
    this.table = new TableClient(endpoint, 'setups', { getToken });
  }

  /** Sets one up that waits for a node of its own. @returns how many milliseconds after it was online that was recorded */
  async noticed(setupId: string, isNudged: boolean): Promise<number> {
    const { client, stack } = this.#host;
    await this.#begin(setupId);
    await this.#until(setupId, 'WaitingForRuntime');
    const { authKey1 } = (await client.listRuntimeKeys(setupId)).body as { readonly authKey1: string };
    // Who lists the keys looks, too.
    await pause(LOOK_EVERY_MS - (Date.now() % LOOK_EVERY_MS) + A_SECOND_MS);
    await registerRuntimeNode(stack.dataFactory.url, { authKey: authKey1, nodeName: setupId });
    const online = Date.now();
    if (isNudged) await client.findNode(setupId);
    await this.#until(setupId, 'Ready');
    const { phases } = (await client.get(setupId)).body as { readonly phases: readonly FinishedPhase[] };
    const phase = phases.find((one) => one.phase === 'RuntimeRegistration');
    return Date.parse(phase?.finishedAt ?? '') - online;
  }

  async runtimeOf(setupId: string): Promise<string> {
    const { runtime } = (await this.#host.client.get(setupId)).body as { readonly runtime: { readonly name: string } };
    return runtime.name;
  }

  /** @returns when it was asked for, and when it was ready */
  async setUp(setupId: string, runtimeName: string): Promise<Interval> {
    const begun = await this.#begin(setupId, runtimeName);
    const { lastModifiedAt } = await this.#until(setupId, 'Ready');
    return { begun, ended: Date.parse(lastModifiedAt) };
  }

  async #begin(setupId: string, runtimeName?: string): Promise<number> {
    const sample = this.#samples.shift();
    if (sample === undefined) throw new Error('There is a sample for each setup');
    await registerEnvironment(this.#host.stack, sample);
    const begun = Date.now();
    const { status, body } = await this.#host.client.put(setupId, sampleSetupBody(sample, runtimeName));
    if (status !== 201) throw new Error(`${setupId} was not accepted: ${status} ${JSON.stringify(body)}`);
    this.ids.push(setupId);
    return begun;
  }

  /** Asks the table, past the app, which has no call for it. */
  async #until(setupId: string, state: SetupRecord['state']): Promise<SetupRecord> {
    for (;;) {
      const head = headFromRow(await this.table.getEntity(`${this.#host.stack.tenantId}|${setupId}`, 'head'));
      if (head.state === state) return head;
      if (head.state === 'Failed') throw new Error(`${setupId} failed: ${JSON.stringify(head.failure)}`);
      await pause(STATE_EVERY_MS);
    }
  }
}

interface FinishedPhase {
  readonly phase: string;
  readonly finishedAt: string;
}

function intervalsOf(text: string): Interval[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [begun = 0, ended = 0] = line.split(' ').map(Number);
      return { begun, ended };
    });
}

/** How much of an interval none of the others covers. */
function gapsWithin({ begun, ended }: Interval, others: readonly Interval[]): number {
  let [gaps, until] = [0, begun];
  for (const other of others.toSorted((a, b) => a.begun - b.begun)) {
    if (other.begun >= ended) break;
    gaps += Math.max(0, other.begun - until);
    until = Math.max(until, other.ended);
  }
  return gaps + Math.max(0, ended - until);
}
