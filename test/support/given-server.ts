// A SQL Server in place of the local endpoint, for the tests of the product's T-SQL: docs/operations.md says how.
import { randomBytes } from 'node:crypto';
import sql from 'mssql';
import { quoteName } from '../../shared/sql/quote-name.ts';

/** Databases that a test has for itself on the server that TEST_SQL_SERVER names. */
export interface GivenServer {
  readonly config: sql.config;
  /** What a database is called there. */
  nameOf(database: string): string;
  /** Makes an empty database. */
  create(database: string): Promise<void>;
  /** Opens a database, as the login of the connection string unless told otherwise. */
  open(database: string, login?: Partial<sql.config>): Promise<sql.ConnectionPool>;
  /** A login of its own, without rights but to open a database. */
  createReader(database: string): Promise<Partial<sql.config>>;
  /** Removes all that was made. */
  stop(): Promise<void>;
}

/** Undefined when no server was named: then the local endpoint is used. */
export async function openGivenServer(): Promise<GivenServer | undefined> {
  const text = process.env['TEST_SQL_SERVER'];
  if (text === undefined) return undefined;
  const config = { ...sql.ConnectionPool.parseConnectionString(text), requestTimeout: 0 };
  const prefix = `mig_test_${randomBytes(4).toString('hex')}_`;
  const nameOf = (database: string) => (database === 'master' ? database : prefix + database);
  const removals: string[] = [];
  const pools: sql.ConnectionPool[] = [];
  const open: GivenServer['open'] = async (database, login = {}) => {
    const pool = new sql.ConnectionPool({ ...config, ...login, database: nameOf(database) });
    pools.push(pool);
    return await pool.connect();
  };
  const master = await open('master');
  return {
    config,
    nameOf,
    open,
    async create(database) {
      const name = quoteName(nameOf(database));
      await master.query(`CREATE DATABASE ${name} COLLATE Latin1_General_100_CI_AS`);
      removals.push(`ALTER DATABASE ${name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE`, `DROP DATABASE ${name}`);
    },
    async createReader(database) {
      const login = { user: 'reader', password: `${randomBytes(16).toString('hex')}aA1!` };
      await master.query(`CREATE LOGIN [reader] WITH PASSWORD = N'${login.password}'`);
      removals.push('DROP LOGIN [reader]');
      await (await open(database)).query('CREATE USER [reader] FOR LOGIN [reader]');
      return login;
    },
    async stop() {
      await Promise.all(pools.filter((pool) => pool !== master).map((pool) => pool.close()));
      for (const removal of removals) await master.query(removal);
      await master.close();
    },
  };
}
