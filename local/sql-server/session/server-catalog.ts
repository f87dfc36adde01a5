import type { DatabaseOptions, ServerOptions } from '../options.ts';
import { literal, schemaOf } from '../translate/names.ts';
import type { Engine } from './engine.ts';
import type { SessionDatabase } from './state.ts';

/** Whoever works in this process, without a login. */
export const OWNER_LOGIN = 'sa';
const OWNER = ['db_owner'];
const MASTER: DatabaseOptions = { name: 'master', compatibilityLevel: 150, collation: 'SQL_Latin1_General_CP1_CI_AS' };
const MASTER_ID = 1;
/** Identifiers 1 to 4 belong to the system databases. */
const FIRST_DATABASE_ID = 5;

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
const roleKey = (login: string, key: number) => `${key}/${login.toLowerCase()}`;

/** A server's databases, with their keys, and the fixed roles of its logins. */
export class ServerCatalog {
  /** By lower-case name. */
  readonly databases = new Map<string, SessionDatabase>();
  readonly #engine: Engine;
  readonly #options: ServerOptions;
  readonly #roles = new Map<string, readonly string[]>();
  readonly #admitted = new Set<string>();

  constructor(engine: Engine, options: ServerOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Makes the server, its databases and its logins known to the engine. Call once, before anybody logs in. */
  async register(): Promise<void> {
    const { name, profile, logins, databases } = this.#options;
    const product = profile.edition === 'SQL Azure' ? 'Microsoft SQL Azure (RTM)' : 'Microsoft SQL Server';
    const version = `${product} - ${profile.productVersion} (local SQL endpoint), ${profile.edition}`;
    const values = [name, profile.productVersion, profile.edition, profile.engineEdition, version];
    await this.#engine.execute(
      `INSERT INTO tsql.servers VALUES (${values.map((value) => literal(String(value))).join(', ')})`,
    );
    await this.#addLogin(OWNER_LOGIN, true);
    for (const login of logins) await this.#addLogin(login.name, login.sysadmin ?? false, login.passwordExpires);
    await this.#addDatabase(MASTER_ID, MASTER);
    for (const [index, database] of databases.entries()) await this.#addDatabase(FIRST_DATABASE_ID + index, database);
  }

  /** Roles a login has in a database; undefined when it may not open it. */
  rolesOf(login: string, key: number): readonly string[] | undefined {
    const sysadmin = this.#options.logins.some((one) => one.sysadmin === true && same(one.name, login));
    return sysadmin ? OWNER : this.#roles.get(roleKey(login, key));
  }

  /** Makes the holder of an access token known as an owner of every database. */
  async admit(login: string): Promise<void> {
    if (this.#admitted.has(login)) return;
    // Not inside somebody else's transaction, which may be rolled back.
    const turn = {};
    await this.#engine.acquire(turn);
    try {
      await this.#addLogin(login, false);
      for (const { key } of this.databases.values()) await this.#grant(login, key, OWNER);
      this.#admitted.add(login);
    } finally {
      this.#engine.release();
    }
  }

  async #addLogin(login: string, sysadmin: boolean, passwordExpires?: Date): Promise<void> {
    const expires = passwordExpires === undefined ? 'NULL' : literal(passwordExpires.toISOString());
    const values = [literal(this.#options.name), literal(login), sysadmin, expires];
    await this.#engine.execute(`INSERT INTO tsql.logins VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`);
  }

  async #addDatabase(id: number, database: DatabaseOptions): Promise<void> {
    const { name, compatibilityLevel, collation, isSecondary = false } = database;
    const texts = [literal(this.#options.name), id, literal(name), compatibilityLevel, literal(collation)];
    const { rows } = await this.#engine.query(
      'INSERT INTO tsql.databases (server, database_id, name, compatibility_level, collation_name, is_secondary) ' +
        `VALUES (${texts.join(', ')}, ${isSecondary}) RETURNING key`,
    );
    const key = Number(rows[0]?.[0]);
    await this.#engine.execute(`CREATE SCHEMA "${schemaOf(key, 'dbo')}"`);
    this.databases.set(name.toLowerCase(), { key, name, isSecondary });
    for (const login of this.#options.logins) {
      const listed = Object.entries(login.databases).find(([one]) => same(one, name));
      if (listed || id === MASTER_ID) await this.#grant(login.name, key, listed?.[1] ?? []);
    }
  }

  async #grant(login: string, key: number, roles: readonly string[]): Promise<void> {
    this.#roles.set(roleKey(login, key), roles);
    if (!roles.length) return;
    const rows = roles.map((role) => `(${key}, ${literal(login)}, ${literal(role)})`);
    await this.#engine.execute(`INSERT INTO tsql.role_members VALUES ${rows.join(', ')} ON CONFLICT DO NOTHING`);
  }
}
