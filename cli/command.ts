/** What all commands share: their surroundings, and what a failure means for a script. */
import type { Writable } from 'node:stream';
import { messageOf } from '../shared/error-message.ts';
import { ConnectProblem } from './connect.ts';

/** What a script may decide on. */
export const exitCodes = {
  'nothing blocks': 0,
  'a check blocks': 1,
  usage: 2,
  'no connection': 3,
  'something else failed': 4,
} as const;

/** What a process has of its surroundings. */
export interface Surroundings {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An option that cannot be used. The message names it, and never a secret. */
export class UsageProblem extends Error {}

/** Runs a command, and says what went wrong. @returns the exit code */
export async function run({ stderr }: Surroundings, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    stderr.write(`${messageOf(error)}\n`);
    if (error instanceof UsageProblem) return exitCodes.usage;
    return exitCodes[error instanceof ConnectProblem ? 'no connection' : 'something else failed'];
  }
}
