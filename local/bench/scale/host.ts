/** One host with everything around it, each in its process, for figures that are times; and requests at a steady pace. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { registerEnvironment, sampleSetupBody } from '../../demo/sample-setup.ts';
import { SetupClient } from '../../demo/setup-client.ts';
import type { Sample, SourceKind } from '../../stack/databases.ts';
import { startStack } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';
import { startFastStorage } from './table-endpoint.ts';

export interface OneHost {
  readonly stack: Stack;
  /** Calls as the provisioning system, with a token that it has already. */
  readonly client: SetupClient;
  /** Of the process of the host and the app. */
  readonly pid: number;
}

interface HostOptions {
  readonly samples?: readonly [SourceKind, ...SourceKind[]];
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

const TICKS_A_SECOND = 100;

/** Runs the built app for as long as `work` takes. */
export async function withHost<Result>(
  { log = () => undefined, ...options }: HostOptions,
  work: (host: OneHost) => Promise<Result>,
): Promise<Result> {
  let pid = 0;
  const stack = await startStack({
    ...options,
    appDirectory: process.cwd(),
    startStorage: startFastStorage,
    log(line) {
      const started = /process (\d+): .*host.main\.ts$/.exec(line);
      if (started !== null) pid = Number(started[1]);
      log(line);
    },
  });
  try {
    const token = await stack.accessToken('provisioning');
    const client = new SetupClient(stack.host.url, stack.tenantId, () => Promise.resolve(token));
    return await work({ stack, client, pid });
  } finally {
    await stack.stop();
  }
}

/** Registers environments that are all the same database, and gives the body of a setup for each. */
export async function environmentsOf({ stack }: OneHost, names: readonly string[]): Promise<object[]> {
  const [sample] = stack.databases.samples;
  const samples = names.map((environment): Sample => ({ ...sample, environment }));
  for (const one of samples) await registerEnvironment(stack, one);
  return samples.map((one) => sampleSetupBody(one));
}

/**
 * Sends requests at their times, whether or not those before were answered.
 * @returns how many milliseconds after its time each was answered
 */
export async function timesOf(
  count: number,
  everyMs: number,
  send: (index: number) => Promise<void>,
): Promise<number[]> {
  const begun = performance.now();
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const due = begun + index * everyMs;
      await pause(Math.max(0, due - performance.now()));
      await send(index);
      return performance.now() - due;
    }),
  );
}

/** Milliseconds of CPU that a process has used, from Linux's `/proc`. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may hold anything: state is field 3, user and system time are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_A_SECOND;
}
