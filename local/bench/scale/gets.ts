/** How soon a GET is answered while many setups are stored, by one host, and by two on one store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TableClient } from '@azure/data-tables';
import { copyRows } from '../../../test/support/setup/copied-rows.ts';
import { SetupClient } from '../../demo/setup-client.ts';
import { startFunctionsHostProcess } from '../../stack/functions-host.ts';
import { freePort } from '../../stack/process/free-port.ts';
import { quantile, rounded } from './figure.ts';
import type { Figure } from './figure.ts';
import { timesOf } from './host.ts';
import type { OneHost } from './host.ts';

const STORED = 1_000;
/** What a host reads and compiles once comes before what is measured. */
const FIRST_GETS = 100;
const EVERY_MS = 10;
const BOUND_MS = 50;
/** What runs by the clock runs on one host of a deployment only. */
const TIMERS = ['settleSetups', 'settleReplays', 'lookAfterWaits', 'startMeasuring', 'purge', 'sweep'];

/** Stores copies of a setup, and reads each once. */
export async function measureGets(host: OneHost, table: TableClient, setupId: string): Promise<Figure[]> {
  const { stack, client } = host;
  const ids = Array.from({ length: STORED }, (_, index) => `stored-${index}`);
  await copyRows([table], setupId, ids);
  const one = await timesWith([client], ids);
  const directory = await mkdtemp(join(tmpdir(), 'second-host-'));
  const second = await startFunctionsHostProcess({
    appDirectory: process.cwd(),
    port: await freePort(),
    settings: {
      ...stack.settings,
      ...Object.fromEntries(TIMERS.map((name) => [`AzureWebJobs.${name}.Disabled`, 'true'])),
    },
    directory,
    log: () => undefined,
  });
  try {
    const token = await stack.accessToken('provisioning');
    const other = new SetupClient(second.url, stack.tenantId, () => Promise.resolve(token));
    const two = await timesWith([client, other], ids);
    const name = `100 GETs a second, ${STORED} setups stored`;
    return [
      { name: `${name}: p99 ms`, value: rounded(quantile(one, 0.99)), bound: BOUND_MS },
      { name: `${name}: p99 ms with two hosts`, value: rounded(quantile(two, 0.99)), bound: BOUND_MS },
    ];
  } finally {
    await second.stop();
    await rm(directory, { recursive: true });
  }
}

/** Times of requests that go to the hosts in turns. */
async function timesWith(clients: readonly SetupClient[], ids: readonly string[]): Promise<number[]> {
  const get = async (index: number) => {
    const answer = await clients[index % clients.length]?.get(ids[index] ?? '');
    if (answer?.status !== 200) throw new Error(`A GET was answered ${answer?.status}`);
  };
  await timesOf(FIRST_GETS, EVERY_MS, get);
  return timesOf(ids.length, EVERY_MS, get);
}
