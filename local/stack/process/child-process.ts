import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Log } from '../../endpoint/endpoint.ts';

/** How a Node program is run as a child. */
export interface ChildOptions {
  /** Path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment, but for what the operating system and Node itself need. */
  readonly environment: Readonly<Record<string, string>>;
  /** What children and parent share; a child that loses its parent removes it. */
  readonly directory: string;
  /** Matches the output, all lines so far, as soon as the child can be used. */
  readonly ready: RegExp;
  /** Milliseconds after which the child is given up. */
  readonly readyWithinMs?: number;
  readonly log: Log;
}

/** A child process that has become ready. It ends with this process, also when this one is killed. */
export interface Child {
  /** What `ready` matched. */
  readonly match: RegExpExecArray;
  /** Resolves when the child has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Asks the child to end, insists after some seconds, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends the child as a crash would; resolves when it has ended. */
  kill(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

// The last is where Node keeps what it has compiled; nothing that a program sees depends on it.
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_COMPILE_CACHE'];

/** Starts a child and resolves when it is ready; rejects with its last lines when it ends before, or takes too long. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { program, args, directory } = options;
  const guard = new URL(import.meta.resolve('./end-with-parent.ts'));
  guard.searchParams.set('directory', directory);
  const child = fork(program, args, {
    execArgv: ['--import', guard.href],
    env: { ...inheritedEnvironment(), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Of its own process group, so that Ctrl-C reaches the parent alone, which then stops its children in order.
    detached: true,
  });
  options.log(`process ${child.pid}: ${program}`);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const match = await becomeReady(child, options);
  return {
    match,
    exited,
    async stop() {
      const insist = setTimeout(() => killAll(child), STOP_WITHIN_MS);
      child.kill('SIGTERM');
      await exited;
      clearTimeout(insist);
    },
    async kill() {
      killAll(child);
      await exited;
    },
  };
}

/** Ends the child and what it has started: both are in its process group. */
function killAll(child: ChildProcess): void {
  const { pid, exitCode, signalCode } = child;
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  if (process.platform === 'win32') child.kill('SIGKILL');
  else process.kill(-pid, 'SIGKILL');
}

function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

async function becomeReady(child: ChildProcess, options: ChildOptions): Promise<RegExpExecArray> {
  const { program, ready, readyWithinMs = READY_WITHIN_MS, log } = options;
  let output = '';
  let match: RegExpExecArray | null = null;
  const becameReady = new Promise<RegExpExecArray>((resolve) => {
    readLines(child, (line) => {
      log(line);
      if (match !== null) return;
      output += `${line}\n`;
      match = ready.exec(output);
      if (match !== null) resolve(match);
    });
  });
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(readyWithinMs) });
  try {
    return await Promise.race([becameReady, ended.then(() => Promise.reject(new Error('It ended.')))]);
  } catch (cause) {
    killAll(child);
    throw new Error(`${program} did not become ready. It wrote:\n${output}`, { cause });
  }
}

function readLines({ stdout, stderr }: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [stdout, stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  }
}
