/** Who logs in where, from the options of a command. */
import { parseConnectionString } from '../shared/sql/connection-string.ts';
import type { ConnectionStringError } from '../shared/sql/connection-string.ts';
import { UsageProblem } from './command.ts';
import type { Surroundings } from './command.ts';
import type { Login } from './connect.ts';
import { readPassword } from './passwords.ts';

/** Where a login comes from, and whether the certificate of its server is trusted unseen. */
interface Asked {
  readonly text: string;
  readonly passwordFile: string | undefined;
  readonly trustServerCertificate: boolean | undefined;
}

/**
 * Reads a connection string without a password, and then the password.
 * @throws {UsageProblem} if the text cannot be used; before anybody is asked for a password
 */
export async function loginOf(side: Login['side'], asked: Asked, process: Surroundings): Promise<Login> {
  parse(side, asked, 'apart');
  const password = await readPassword(side, asked.passwordFile, process);
  return { side, connection: parse(side, asked, password), password };
}

function parse(side: Login['side'], { text, trustServerCertificate }: Asked, password: string): Login['connection'] {
  const parsed = parseConnectionString(text, { password, trustServerCertificate });
  if (parsed.ok) return parsed.connection;
  throw new UsageProblem(parsed.errors.map((error) => describe(side, error)).join('\n'));
}

function describe(side: string, { keyword, problem, remedy }: ConnectionStringError): string {
  if (keyword === 'Password' && problem === 'is given twice') {
    // A list of processes shows arguments to everybody on the machine.
    return `--${side}: a password must not stand in the arguments, where others see it. Give it in a file, in the environment or at the prompt.`;
  }
  return `--${side}: ${keyword ?? 'the connection string'} ${problem}. ${remedy}`;
}
