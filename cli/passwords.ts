/** Where the command line gets passwords: a file, the environment, or the prompt; never the arguments. */
import { readFile } from 'node:fs/promises';
import prompt from '@inquirer/password';
import { messageOf } from '../shared/error-message.ts';
import { UsageProblem } from './command.ts';
import type { Surroundings } from './command.ts';

/**
 * Reads the password of a database.
 * @throws {UsageProblem} if there is none, and nobody to ask
 * @param file that holds it, with or without a line end; undefined: it is somewhere else
 */
export async function readPassword(
  side: 'source' | 'destination',
  file: string | undefined,
  { stdin, stderr: output, env }: Surroundings,
): Promise<string> {
  if (file !== undefined) return readFrom(side, file);
  const variable = `BC_${side.toUpperCase()}_PASSWORD`;
  const given = env[variable];
  if (given !== undefined) return given;
  if (stdin.isTTY !== true) {
    throw new UsageProblem(
      `There is nobody to ask for the password of the ${side}: give --${side}-password-file, or set ${variable}.`,
    );
  }
  // The standard output may be the report, as JSON.
  return prompt({ message: `Password of the ${side}` }, { output });
}

async function readFrom(side: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageProblem(`--${side}-password-file: ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
