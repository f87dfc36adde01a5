/** The command `record`: writes down an environment, so that sources can be compared with it where it is out of reach. */
import { run } from './command.ts';
import type { Surroundings } from './command.ts';
import { withDatabase } from './connect.ts';
import { recordEnvironment } from './environment.ts';
import { loginOf } from './login.ts';

export interface RecordOptions {
  readonly destination: string;
  readonly destinationPasswordFile?: string;
  readonly trustServerCertificate?: boolean;
  readonly out: string;
}

/** Runs the command. @returns the exit code */
export function record(
  { destination, destinationPasswordFile: passwordFile, trustServerCertificate, out }: RecordOptions,
  process: Surroundings,
): Promise<number> {
  return run(process, async () => {
    const login = await loginOf('destination', { text: destination, passwordFile, trustServerCertificate }, process);
    await withDatabase(login, (database) => recordEnvironment(database, out));
    process.stdout.write(`Recorded ${login.connection.database} in ${out}\n`);
    return 0;
  });
}
