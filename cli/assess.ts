/** The command `assess`: from its options to a report and an exit code. */
import { writeFile } from 'node:fs/promises';
import type { CheckSelection } from '../shared/checks/check-selection.ts';
import { unknownChecks } from '../shared/checks/known-checks.ts';
import type { Product } from '../shared/setup/setup.ts';
import { assessDatabases } from './assessment.ts';
import type { Assessment, Wanted } from './assessment.ts';
import { exitCodes, run, UsageProblem } from './command.ts';
import type { Surroundings } from './command.ts';
import { loginOf } from './login.ts';
import { htmlReport } from './report/html.ts';
import { textReport } from './report/text.ts';

export interface AssessOptions {
  readonly source: string;
  readonly destination?: string;
  readonly catalogue?: string;
  readonly product: Product;
  readonly company?: readonly string[];
  readonly checks?: readonly string[];
  readonly skipChecks?: readonly string[];
  readonly sourcePasswordFile?: string;
  readonly destinationPasswordFile?: string;
  readonly trustServerCertificate?: boolean;
  readonly html?: string;
  readonly json?: string;
}

/** Runs the command. @returns the exit code */
export function assess(options: AssessOptions, process: Surroundings): Promise<number> {
  return run(process, async () => {
    const { product, company, source, sourcePasswordFile: passwordFile, trustServerCertificate } = options;
    const checks = checksOf(options);
    const destination = await destinationOf(options, process);
    const assessment = await assessDatabases({
      product,
      ...(company === undefined ? {} : { companies: company }),
      ...(checks === undefined ? {} : { checks }),
      source: await loginOf('source', { text: source, passwordFile, trustServerCertificate }, process),
      ...(destination === undefined ? {} : { destination }),
    });
    await report(assessment, options, process);
    return assessment.summary.failed === 0 ? exitCodes['nothing blocks'] : exitCodes['a check blocks'];
  });
}

function checksOf({ checks, skipChecks }: AssessOptions): CheckSelection | undefined {
  if (checks === undefined && skipChecks === undefined) return undefined;
  if (checks !== undefined && skipChecks !== undefined) {
    throw new UsageProblem('--checks and --skip-checks: give one of them.');
  }
  const selection = checks === undefined ? { exclude: [...(skipChecks ?? [])] } : { include: [...checks] };
  const problems = unknownChecks(selection).map(({ list, index, nearest }) => {
    return `${list === 'include' ? '--checks' : '--skip-checks'}: value ${index + 1} is no check; the nearest are ${nearest.join(', ')}.`;
  });
  if (problems.length > 0) throw new UsageProblem(problems.join(' '));
  return selection;
}

async function destinationOf(
  { destination, destinationPasswordFile: passwordFile, catalogue, trustServerCertificate }: AssessOptions,
  process: Surroundings,
): Promise<Wanted['destination']> {
  if (destination === undefined) return catalogue === undefined ? undefined : { recording: catalogue };
  if (catalogue !== undefined) throw new UsageProblem('--destination and --catalogue: give one of them.');
  return loginOf('destination', { text: destination, passwordFile, trustServerCertificate }, process);
}

async function report(assessment: Assessment, { html, json }: AssessOptions, { stdout }: Surroundings): Promise<void> {
  const document = () => JSON.stringify(assessment, undefined, 2);
  stdout.write(json === '-' ? `${document()}\n` : textReport(assessment));
  if (html !== undefined) await writeFile(html, htmlReport(assessment));
  if (json !== undefined && json !== '-') await writeFile(json, document());
}
