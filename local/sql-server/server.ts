import { timingSafeEqual } from 'node:crypto';
import { type Server, createServer } from 'node:net';
import { systemClock } from '../endpoint/clock.ts';
import type { Log, VerifyToken } from '../endpoint/endpoint.ts';
import type { ServerOptions, SqlServerOptions } from './options.ts';
import { ApplicationLocks } from './session/application-locks.ts';
import { CollectingSink } from './session/collecting-sink.ts';
import { Engine } from './session/engine.ts';
import { OWNER_LOGIN, ServerCatalog } from './session/server-catalog.ts';
import { SqlSession } from './session/sql-session.ts';
import { type SessionIdentity, SessionState } from './session/state.ts';
import { SqlError } from './sql-error.ts';
import { Connection } from './tds/connection.ts';
import type { Authenticate, Login, Session } from './tds/session.ts';
import { createTlsContexts } from './tds/tls.ts';

/** A database reached without TDS, as an owner. */
interface LocalDatabase {
  /** Runs one batch of T-SQL. Rejects with the first error; rows and messages are dropped. */
  execute(sql: string): Promise<void>;
  /** Plays the automatic clean-up of change tracking when the retention of all changes so far is over. */
  forgetChanges(): Promise<void>;
}

/** The running servers. */
export interface SqlServers {
  /** By server name. */
  readonly servers: Readonly<Record<string, { readonly port: number }>>;
  /** Throws when there is no such server or database. */
  database(server: string, database: string): LocalDatabase;
  /** Closes all connections, then the engine. */
  stop(): Promise<void>;
}

/** The audience of access tokens for Azure SQL: https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-overview */
const TOKEN_AUDIENCE = 'https://database.windows.net/';
/** https://learn.microsoft.com/sql/relational-databases/errors-events/mssqlserver-18456-database-engine-error */
const LOGIN_FAILED = 18456;
const CANNOT_OPEN = 4060;
/** https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors-18000-to-18999 */
const refusals = {
  disabled: [18_470, '. Reason: The account is disabled.'],
  locked: [18_486, ' because the account is currently locked out. The system administrator can unlock it.'],
  expired: [18_487, '.  Reason: The password of the account has expired.'],
  mustChange: [18_488, '.  Reason: The password of the account must be changed.'],
} as const;

/** Starts SQL servers that share one engine. They speak TDS 7.4 over TLS on `localhost`. */
export async function startSqlServer(options: SqlServerOptions): Promise<SqlServers> {
  const { clock = systemClock, log = () => undefined } = options;
  const engine = await Engine.start(clock, log);
  const locks = new ApplicationLocks(clock);
  const running = new Map<string, RunningServer>();
  for (const server of options.servers) {
    const catalog = new ServerCatalog(engine, server);
    await catalog.register();
    const instance = new RunningServer(server, catalog, { engine, locks, log, verifyToken: options.verifyToken });
    await instance.listen(options);
    running.set(server.name, instance);
  }
  return {
    servers: Object.fromEntries([...running].map(([name, { port }]) => [name, { port }])),
    database: (server, database) => {
      const instance = running.get(server);
      if (!instance) throw new Error(`There is no local SQL server ${server}.`);
      return instance.database(database);
    },
    async stop() {
      await Promise.all([...running.values()].map((server) => server.close()));
      await engine.close();
    },
  };
}

interface Shared {
  readonly engine: Engine;
  readonly locks: ApplicationLocks;
  readonly log: Log;
  readonly verifyToken: VerifyToken;
}

class RunningServer {
  port = 0;
  readonly #options: ServerOptions;
  readonly #catalog: ServerCatalog;
  readonly #shared: Shared;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;

  constructor(options: ServerOptions, catalog: ServerCatalog, shared: Shared) {
    this.#options = options;
    this.#catalog = catalog;
    this.#shared = shared;
  }

  async listen({ tls, fault = () => undefined }: SqlServerOptions): Promise<void> {
    const { name: serverName, profile, port = 0 } = this.#options;
    const { log } = this.#shared;
    const authenticate: Authenticate = (login) => this.#authenticate(login);
    const settings = {
      serverName,
      majorVersion: profile.productMajorVersion,
      tls: createTlsContexts(tls),
      authenticate,
      log,
      fault,
    };
    const server = createServer((socket) => {
      const connection = new Connection(socket, settings);
      this.#connections.add(connection);
      void connection.closed.then(() => this.#connections.delete(connection));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  async close(): Promise<void> {
    const freed = new Promise<void>((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
    for (const connection of this.#connections) connection.destroy();
    await Promise.all([freed, ...[...this.#connections].map((connection) => connection.closed)]);
  }

  /** In-process access: no password, every right. */
  database(name: string): LocalDatabase {
    const owner = this.#session(OWNER_LOGIN, name, () => ['db_owner']);
    return {
      async execute(sql) {
        const sink = new CollectingSink();
        await owner.batch(sql, [], sink);
        if (sink.firstError) throw sink.firstError;
      },
      forgetChanges: () => owner.forgetChanges(),
    };
  }

  async #authenticate(login: Login): Promise<Session> {
    if (this.#options.closed === true) throw closedTo(this.#options.name);
    const name = login.token === undefined ? this.#checkPassword(login) : await this.#checkToken(login.token);
    return this.#session(name, login.database || 'master', (key) => this.#catalog.rolesOf(name, key));
  }

  #checkPassword({ user, password }: Login): string {
    const known = this.#options.logins.find((login) => login.name.toLowerCase() === user.toLowerCase());
    const expected = Buffer.from(known?.password ?? '');
    const given = Buffer.from(password);
    if (!known || expected.length !== given.length || !timingSafeEqual(expected, given)) throw loginFailed(user);
    if (known.refused !== undefined) {
      const [number, reason] = refusals[known.refused];
      throw new SqlError(number, `Login failed for user '${user}'${reason}`, { severity: 14 });
    }
    return known.name;
  }

  async #checkToken(token: string): Promise<string> {
    if (!this.#options.acceptsTokens) throw loginFailed('<token-identified principal>');
    try {
      const { subject } = await this.#shared.verifyToken(token, TOKEN_AUDIENCE);
      await this.#catalog.admit(subject);
      return subject;
    } catch (error) {
      this.#shared.log(`access token refused: ${String(error)}`);
      throw loginFailed('<token-identified principal>');
    }
  }

  #session(login: string, database: string, roles: SessionIdentity['roles']): SqlSession {
    const { engine, locks } = this.#shared;
    const session = engine.nextSession();
    const { databases } = this.#catalog;
    const found = databases.get(database.toLowerCase());
    if (!found || !roles(found.key)) {
      const text = `Cannot open database "${database}" requested by the login. The login failed.`;
      throw new SqlError(CANNOT_OPEN, text, { severity: 11 });
    }
    return new SqlSession(
      new SessionState(engine, { server: this.#options.name, login, session, databases, roles }, found),
      locks,
    );
  }
}

/** https://learn.microsoft.com/azure/azure-sql/database/firewall-configure */
function closedTo(server: string): SqlError {
  const text = `Cannot open server '${server}' requested by the login. Client with IP address '127.0.0.1' is not allowed to access the server.`;
  return new SqlError(40_615, text, { severity: 14 });
}

function loginFailed(user: string): SqlError {
  return new SqlError(LOGIN_FAILED, `Login failed for user '${user}'.`, { severity: 14 });
}
