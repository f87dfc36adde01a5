/** Opens connections over TDS. */
import sql from 'mssql';
import type { config, ConnectionPool } from 'mssql';
import { connectFailureCode } from './connect-failure.ts';

/** A login that the server has refused. */
export class LoginRefused extends Error {
  /** Of the server's message, which the driver's error lacks. */
  readonly number: number;

  constructor(number: number, cause: Error) {
    super(cause.message, { cause });
    this.number = number;
  }

  /** Whether it stays refused until somebody does something about it: a server that is busy takes it later. */
  get lasts(): boolean {
    const code = connectFailureCode(this.number, this.message);
    return code !== undefined && code !== 'DatabaseUnavailable';
  }
}

/** Opens a pool; the caller closes it. @throws {LoginRefused} if the server refuses the login; the driver's error otherwise */
export async function connectPool(settings: config): Promise<ConnectionPool> {
  let refusal: number | undefined;
  const pool = new sql.ConnectionPool({
    ...settings,
    beforeConnect: (connection) => {
      connection.on('errorMessage', ({ number }: { readonly number: number }) => {
        refusal ??= number;
      });
    },
  });
  try {
    return await pool.connect();
  } catch (error) {
    throw refusal !== undefined && error instanceof Error ? new LoginRefused(refusal, error) : error;
  }
}
