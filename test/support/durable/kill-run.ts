/** Orchestrations on a host process that is killed again and again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import fc from 'fast-check';
import { Store } from '../../../local/host/durable/store.ts';
import { programSteps } from './program-arbitrary.ts';
import { interpret, programOf, type Program } from './program.ts';

/** How much to run; the same seed makes the same programs and the same times between kills. */
export interface KillRunOptions {
  readonly orchestrations: number;
  readonly kills: number;
  readonly seed: number;
}

/** What came of it when nothing was lost, wrong or stuck. */
export interface KillReport {
  /** Including sub-orchestrations. */
  readonly instances: number;
  readonly activities: number;
  /** Runs of activities more than the programs ask for: those that a kill has kept from being recorded. */
  readonly repeatedActivities: number;
}

const PROFILE = { longest: 40, repeatable: true, events: false };
const KILL_AFTER_EFFECTS = { min: 1, max: 40 };
// A life with fewer effects than that ends all the same.
const LONGEST_LIFE_MILLISECONDS = 3_000;
const STUCK_AFTER_MILLISECONDS = 30_000;
const HOST = path.join(import.meta.dirname, '../../../local/host/main.ts');
const APP = path.join(import.meta.dirname, '../fixtures/program-app');

/**
 * Starts random programs in as many parts as there are kills, and kills the host (SIGKILL) after each part while it works.
 * Then lets everything end. Rejects when an accepted program is lost, stuck, or has other results than its interpretation.
 */
export async function killRun({ orchestrations, kills, seed }: KillRunOptions): Promise<KillReport> {
  const directory = await mkdtemp(path.join(tmpdir(), 'kill-run-'));
  const files = { history: path.join(directory, 'history.db'), effects: path.join(directory, 'effects') };
  const steps = fc.sample(programSteps(PROFILE), { numRuns: orchestrations, seed });
  const programs = steps.map((each, index) => programOf(`program-${index}`, each));
  try {
    const partSize = Math.ceil(orchestrations / kills);
    let rest = programs;
    for (const effects of fc.sample(fc.integer(KILL_AFTER_EFFECTS), { numRuns: kills, seed })) {
      const part = rest.slice(0, partSize);
      // What was not accepted is sent again in the next life.
      if (await liveAndDie(files, part, effects)) rest = rest.slice(part.length);
    }
    await liveToTheEnd(files, rest, partSize);
    const effects = (await readFile(files.effects, 'utf8')).split('\n').length - 1;
    return report(files.history, programs, effects);
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface Files {
  readonly history: string;
  readonly effects: string;
}

/** Kills the host after some effects of activities since the programs were accepted. Answers whether they were. */
async function liveAndDie(files: Files, programs: readonly Program[], effects: number): Promise<boolean> {
  const { child, url, lines } = await startHost(files);
  const exited = once(child, 'exit');
  const longest = setTimeout(() => child.kill('SIGKILL'), LONGEST_LIFE_MILLISECONDS);
  const accepted = start(url, programs).then(
    () => {
      let seen = 0;
      lines.on('line', (line) => {
        if (line.startsWith('info effect ')) seen += 1;
        if (seen === effects) child.kill('SIGKILL');
      });
      return true;
    },
    () => false,
  );
  await exited;
  clearTimeout(longest);
  return accepted;
}

async function liveToTheEnd(files: Files, programs: readonly Program[], partSize: number): Promise<void> {
  const { child, url } = await startHost(files);
  const exited = once(child, 'exit');
  try {
    for (let first = 0; first < programs.length; first += partSize) {
      await start(url, programs.slice(first, first + partSize));
    }
    await untilNoneIsLeft(url);
    child.kill('SIGTERM');
    await exited;
  } finally {
    child.kill('SIGKILL');
  }
}

async function untilNoneIsLeft(url: string): Promise<void> {
  let [unfinished, since] = [Infinity, performance.now()];
  while (unfinished > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = (await (await fetch(`${url}/api/unfinished`)).json()) as number;
    if (now < unfinished) [unfinished, since] = [now, performance.now()];
    if (performance.now() - since > STUCK_AFTER_MILLISECONDS) throw new Error(`${now} orchestrations are stuck.`);
  }
}

async function start(url: string, programs: readonly Program[]): Promise<void> {
  const response = await fetch(`${url}/api/start`, { method: 'POST', body: JSON.stringify(programs) });
  if (response.status !== 202) throw new Error(`The programs were not accepted: ${response.status}`);
}

/** Resolves when the host answers. */
async function startHost({ history, effects }: Files): Promise<{ child: ChildProcess; url: string; lines: Interface }> {
  const child = spawn(process.execPath, [HOST, '--app', APP, '--history', history, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, EFFECTS_FILE: effects },
  });
  if (child.stdout === null) throw new Error('The output of the host is not piped.');
  const lines = createInterface(child.stdout);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The host has ended before it was ready.')));
    lines.on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length));
      if (line.startsWith('error ')) process.stderr.write(`${line}\n`);
    });
  });
  return { child, url, lines };
}

function report(historyFile: string, programs: readonly Program[], activities: number): KillReport {
  const store = new Store(historyFile);
  try {
    const instances = store.instances();
    const stuck = instances.filter(({ status }) => status !== 'Completed' && status !== 'Failed');
    if (stuck.length > 0) throw new Error(`Stuck: ${stuck.map(({ id, status }) => `${id} ${status}`).join(', ')}`);
    if (store.activities().length > 0) throw new Error('Activities of ended orchestrations are left over.');
    const interpreted = programs.map((program) => ({ program, ...interpret(program) }));
    for (const { program, results } of interpreted) {
      const instance = store.instance(program.path);
      const actual = instance?.status === 'Completed' ? instance.output : (instance?.status ?? 'lost');
      const expected = results === undefined ? 'Failed' : JSON.stringify(results);
      if (actual !== expected) throw new Error(`${program.path}: ${actual ?? ''} instead of ${expected}`);
    }
    const needed = interpreted.reduce((sum, { runsOfActivities }) => sum + runsOfActivities, 0);
    return { instances: instances.length, activities, repeatedActivities: activities - needed };
  } finally {
    store.close();
  }
}
