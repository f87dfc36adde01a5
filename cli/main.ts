#!/usr/bin/env node
/** The command line: `npx cloud-migration --help`. */
import { Command, Option } from 'commander';
import { productSchema } from '../shared/setup/setup.ts';
import { assess } from './assess.ts';
import type { AssessOptions } from './assess.ts';
import { exitCodes } from './command.ts';
import { record } from './record.ts';
import type { RecordOptions } from './record.ts';

const program = new Command('cloud-migration')
  .description('Cloud migration of Dynamics 365 Business Central, from a command line.')
  .exitOverride()
  .showHelpAfterError();

const trusts = 'trusts the certificates of the servers unseen: who stands in between can read everything';

program
  .command('assess')
  .description(
    'Measures a source database, and that of an environment if one is given, and says what would stop their migration. ' +
      'Changes nothing in either. Needs neither Azure nor the service.',
  )
  .requiredOption('--source <connection string>', 'of the source, without a password: "Server=…;Database=…;User ID=…"')
  .option('--destination <connection string>', "of the environment's database, without a password")
  .option('--catalogue <file>', 'what `record` wrote of an environment, in place of its database')
  .addOption(
    new Option(
      '--product <product>',
      'DynamicsBC: both have the same major version; DynamicsBCLast: the source is older',
    )
      .choices(productSchema.options)
      .makeOptionMandatory(),
  )
  .option('--company <name...>', 'companies to migrate; left out: all of the source')
  .option('--checks <id...>', 'ids of the only checks to evaluate, as docs/checks.md lists them')
  .option('--skip-checks <id...>', 'ids of checks to leave out')
  .option('--source-password-file <file>', 'file that holds the password; else BC_SOURCE_PASSWORD, else the prompt')
  .option('--destination-password-file <file>', 'the same, and BC_DESTINATION_PASSWORD')
  .option('--trust-server-certificate', trusts)
  .option('--html <file>', 'writes the report as one HTML page, to be mailed or printed')
  .option('--json <file>', 'writes the report as JSON; - for the standard output, in place of the text')
  .addHelpText(
    'after',
    `\nExit code: ${Object.entries(exitCodes)
      .map(([what, code]) => `${code} ${what}`)
      .join(', ')}.`,
  )
  .action(async (options: AssessOptions) => {
    process.exitCode = await assess(options, process);
  });

program
  .command('record')
  .description(
    'Writes down an environment, so that `assess --catalogue` can compare sources with it where its database is out of reach: ' +
      'its version, apps, companies and the definitions of its tables; no data.',
  )
  .requiredOption('--destination <connection string>', "of the environment's database, without a password")
  .option(
    '--destination-password-file <file>',
    'file that holds the password; else BC_DESTINATION_PASSWORD, else the prompt',
  )
  .option('--trust-server-certificate', trusts)
  .requiredOption('--out <file>', 'to write')
  .action(async (options: RecordOptions) => {
    process.exitCode = await record(options, process);
  });

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong with the arguments.
  if (!(error instanceof Error && 'exitCode' in error)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
