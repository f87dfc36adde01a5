/** What all commands share: their surroundings, and what a failure means for a script. */
import type { Writable } from 'node:stream';
import { ConnectProblem } from './connect.ts';

/** What a script may decide on. */
export const exitCodes = { 'nothing blocks': 0, 'a check blocks': 1, usage: 2, 'no connection': 3 } as const;

/** What a process has of its surroundings. */
export interface Surroundings {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An option that cannot be used. The message names it, and never a secret. */
export class UsageProblem extends Error {}

/** Runs a command; what its user can mend is said, without a trace. @returns the exit code */
export async function run({ stderr }: Surroundings, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof UsageProblem || error instanceof ConnectProblem)) throw error;
    stderr.write(`${error.message}\n`);
    return error instanceof UsageProblem ? exitCodes.usage : exitCodes['no connection'];
  }
}
