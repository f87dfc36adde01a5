import type { Clock } from '../endpoint/clock.ts';
import type { Log, TlsIdentity, VerifyToken } from '../endpoint/endpoint.ts';

/** What SERVERPROPERTY and @@VERSION say. */
export interface ServerProfile {
  /** For example `15.0.4410.1`. */
  readonly productVersion: string;
  readonly productMajorVersion: number;
  readonly edition: 'Standard Edition (64-bit)' | 'Enterprise Edition (64-bit)' | 'SQL Azure';
  /** 2 Standard, 3 Enterprise, 5 Azure SQL Database. */
  readonly engineEdition: 2 | 3 | 5;
}

interface LoginOptions {
  readonly name: string;
  readonly password: string;
  readonly sysadmin?: boolean;
  /** When the policy of the server lets the password expire; never, if left out. */
  readonly passwordExpires?: Date;
  /** Fixed database roles by database name; a database that is not listed cannot be opened, unless `sysadmin`. */
  readonly databases: Readonly<Record<string, readonly string[]>>;
  /** Why the login is refused although its password is right. */
  readonly refused?: 'disabled' | 'locked' | 'expired' | 'mustChange';
}

export interface DatabaseOptions {
  readonly name: string;
  /** For example 150. */
  readonly compatibilityLevel: number;
  /** What the catalog reports; comparisons always ignore case and heed accents. */
  readonly collation: string;
  /** A replica that can be read only (3906); `sys.databases` does not say so, `Updateability` does. */
  readonly isSecondary?: boolean;
}

/** One SQL server: a TDS listener with its own logins and databases. A database `master` is added. */
export interface ServerOptions {
  readonly name: string;
  readonly profile: ServerProfile;
  readonly logins: readonly LoginOptions[];
  /** Accepts Entra access tokens; their holders are owners of every database. */
  readonly acceptsTokens: boolean;
  readonly databases: readonly DatabaseOptions[];
  /** Whether the firewall of an Azure SQL server refuses every client. */
  readonly closed?: boolean;
  /** A free port when not given. */
  readonly port?: number;
}

/** What a test lets go wrong with a request: a deadlock, or a connection that is lost before or after its effect. */
export type SqlFault = 'deadlock' | 'lost before' | 'lost after';

export interface SqlServerOptions {
  readonly servers: readonly ServerOptions[];
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  /** Times lock waits; the T-SQL clock is always the real one. */
  readonly clock?: Clock;
  readonly log?: Log;
  /** Asked once for each request, on any connection. */
  readonly fault?: () => SqlFault | undefined;
}
