/** The command `assess`: from its options to a report and an exit code. */
import { writeFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { Product } from '../shared/setup/setup.ts';
import { parseConnectionString } from '../shared/sql/connection-string.ts';
import type { ConnectionStringError } from '../shared/sql/connection-string.ts';
import { assessDatabases } from './assessment.ts';
import type { Assessment } from './assessment.ts';
import { ConnectProblem } from './connect.ts';
import type { Login } from './connect.ts';
import { readPassword } from './passwords.ts';
import { htmlReport } from './report/html.ts';
import { textReport } from './report/text.ts';

export interface AssessOptions {
  readonly source: string;
  readonly destination?: string;
  readonly product: Product;
  readonly company?: readonly string[];
  readonly sourcePasswordFile?: string;
  readonly destinationPasswordFile?: string;
  readonly html?: string;
  readonly json?: string;
}

/** What a script may decide on. */
export const exitCodes = { 'nothing blocks': 0, 'a check blocks': 1, usage: 2, 'no connection': 3 } as const;

/** What a process has of its surroundings. */
interface Surroundings {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Thrown where an option cannot be used; the message names it, and never a value. */
class UsageProblem extends Error {}

/** Runs the command. @returns the exit code */
export async function assess(options: AssessOptions, process: Surroundings): Promise<number> {
  try {
    const assessment = await assessDatabases({
      product: options.product,
      ...(options.company === undefined ? {} : { companies: options.company }),
      source: await loginOf('source', options.source, options.sourcePasswordFile, process),
      ...(options.destination === undefined
        ? {}
        : { destination: await loginOf('destination', options.destination, options.destinationPasswordFile, process) }),
    });
    await report(assessment, options, process);
    return assessment.summary.failed === 0 ? exitCodes['nothing blocks'] : exitCodes['a check blocks'];
  } catch (error) {
    if (!(error instanceof UsageProblem || error instanceof ConnectProblem)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof UsageProblem ? exitCodes.usage : exitCodes['no connection'];
  }
}

async function report(assessment: Assessment, { html, json }: AssessOptions, { stdout }: Surroundings): Promise<void> {
  const document = JSON.stringify(assessment, undefined, 2);
  if (html !== undefined) await writeFile(html, htmlReport(assessment));
  if (json !== undefined && json !== '-') await writeFile(json, document);
  stdout.write(json === '-' ? `${document}\n` : textReport(assessment));
}

async function loginOf(
  side: 'source' | 'destination',
  text: string,
  passwordFile: string | undefined,
  { env }: Surroundings,
): Promise<Login> {
  // A list of processes shows arguments to everybody on the machine.
  const early = parseConnectionString(text, 'apart');
  if (!early.ok) throw new UsageProblem(early.errors.map((error) => describe(side, error)).join('\n'));
  const password = await readPassword(side, passwordFile, env);
  const parsed = parseConnectionString(text, password);
  if (!parsed.ok) throw new UsageProblem(parsed.errors.map((error) => describe(side, error)).join('\n'));
  return { side, connection: parsed.connection, password };
}

function describe(side: string, { keyword, problem, remedy }: ConnectionStringError): string {
  if (keyword === 'Password' && problem === 'is given twice') {
    return `--${side}: a password must not stand in the arguments, where others see it. Give it in a file, in the environment or at the prompt.`;
  }
  return `--${side}: ${keyword ?? 'the connection string'} ${problem}. ${remedy}`;
}
