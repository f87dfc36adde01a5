import type { DatabaseOptions, ServerOptions } from '../options.ts';
import { literal, schemaOf } from '../translate/names.ts';
import type { Engine } from './engine.ts';

interface DatabaseEntry {
  readonly key: number;
  readonly name: string;
}

/** A server's databases, with their keys, and the fixed roles of its logins. */
export interface ServerCatalog {
  readonly databases: ReadonlyMap<string, DatabaseEntry>;
  /** Roles a login has in a database; undefined when it may not open it. */
  rolesOf(login: string, key: number): readonly string[] | undefined;
  /** Makes the holder of an access token known as an owner of every database. */
  admit(login: string): Promise<void>;
}

const OWNER = ['db_owner'];
const MASTER: DatabaseOptions = { name: 'master', compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };
/** Identifiers 1 to 4 belong to the system databases. */
const FIRST_DATABASE_ID = 5;

/** Registers a server with its databases and logins. */
export async function registerServer(engine: Engine, options: ServerOptions): Promise<ServerCatalog> {
  const { name, profile } = options;
  const server = literal(name);
  const product = profile.edition === 'SQL Azure' ? 'Microsoft SQL Azure (RTM)' : 'Microsoft SQL Server';
  const version = `${product} - ${profile.productVersion} (local SQL endpoint), ${profile.edition}`;
  const columns = [profile.productVersion, profile.edition, profile.engineEdition, version].map((value) =>
    literal(String(value)),
  );
  const sysadmins = new Set(options.logins.filter((login) => login.sysadmin).map((login) => login.name.toLowerCase()));
  await engine.execute(
    `INSERT INTO tsql.servers VALUES (${server}, ${columns.join(', ')})`,
    ...options.logins.map(
      (login) => `INSERT INTO tsql.logins VALUES (${server}, ${literal(login.name)}, ${login.sysadmin ?? false})`,
    ),
  );
  const databases = new Map<string, DatabaseEntry>();
  const roles = new Map<string, readonly string[]>();
  for (const [index, database] of [MASTER, ...options.databases].entries()) {
    const id = index === 0 ? 1 : FIRST_DATABASE_ID + index - 1;
    const key = await createDatabase(engine, server, id, database);
    databases.set(database.name.toLowerCase(), { key, name: database.name });
    for (const login of options.logins) {
      const granted =
        index === 0
          ? []
          : Object.entries(login.databases).find(([one]) => one.toLowerCase() === database.name.toLowerCase())?.[1];
      if (granted) roles.set(roleKey(login.name, key), granted);
      await grant(engine, login.name, key, granted ?? []);
    }
  }
  return {
    databases,
    rolesOf: (login, key) => (sysadmins.has(login.toLowerCase()) ? OWNER : roles.get(roleKey(login, key))),
    async admit(login) {
      if (roles.has(roleKey(login, [...databases.values()][0]?.key ?? 0))) return;
      await engine.execute(
        `INSERT INTO tsql.logins VALUES (${server}, ${literal(login)}, false) ON CONFLICT DO NOTHING`,
      );
      for (const { key } of databases.values()) {
        roles.set(roleKey(login, key), OWNER);
        await grant(engine, login, key, OWNER);
      }
    },
  };
}

const roleKey = (login: string, key: number): string => `${key}/${login.toLowerCase()}`;

async function createDatabase(engine: Engine, server: string, id: number, database: DatabaseOptions): Promise<number> {
  const values = [server, id, literal(database.name), database.compatibilityLevel, literal(database.collation)];
  const { rows } = await engine.query(
    'INSERT INTO tsql.databases (server, database_id, name, compatibility_level, collation_name) ' +
      `VALUES (${values.join(', ')}) RETURNING key`,
  );
  const key = Number(rows[0]?.[0]);
  await engine.execute(`CREATE SCHEMA "${schemaOf(key, 'dbo')}"`);
  return key;
}

async function grant(engine: Engine, login: string, key: number, roles: readonly string[]): Promise<void> {
  if (!roles.length) return;
  const rows = roles.map((role) => `(${key}, ${literal(login)}, ${literal(role)})`);
  await engine.execute(`INSERT INTO tsql.role_members VALUES ${rows.join(', ')} ON CONFLICT DO NOTHING`);
}
