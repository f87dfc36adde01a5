/** Where the command line gets passwords: a file, the environment, or the prompt; never the arguments. */
import { readFile } from 'node:fs/promises';
import prompt from '@inquirer/password';
import { messageOf } from '../shared/error-message.ts';
import { UsageProblem } from './command.ts';

/**
 * Reads the password of a database.
 * @param file that holds it, with or without a line end; undefined: it is somewhere else
 */
export async function readPassword(
  side: 'source' | 'destination',
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (file !== undefined) return readFrom(side, file);
  const given = environment[`BC_${side.toUpperCase()}_PASSWORD`];
  return given ?? prompt({ message: `Password of the ${side}` });
}

async function readFrom(side: string, file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageProblem(`--${side}-password-file: ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
