/** Where the command line gets passwords: a file, the environment, or the prompt; never the arguments. */
import { readFile } from 'node:fs/promises';
import prompt from '@inquirer/password';

/**
 * Reads the password of a database.
 * @param file that holds it, with or without a line end; undefined: it is somewhere else
 */
export async function readPassword(
  side: 'source' | 'destination',
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (file !== undefined) return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  const given = environment[`BC_${side.toUpperCase()}_PASSWORD`];
  return given ?? prompt({ message: `Password of the ${side}` });
}
