/** Where a SQL Server is, in the notation of SqlClient: `host`, `host,port`, `tcp:host,port`. */

export interface ServerAddress {
  readonly host: string;
  /** Undefined: the default port. */
  readonly port: number | undefined;
}

const DEFAULT_PORT = 1433;

/** Reads a server address; undefined if it is not one. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const parts = /^(?:tcp:)?(?<host>[A-Za-z0-9.-]+)(?:,(?<port>\d{1,5}))?$/.exec(text)?.groups;
  if (parts?.['host'] === undefined) return undefined;
  const port = parts['port'] === undefined ? undefined : Number(parts['port']);
  return port !== undefined && (port === 0 || port > 65_535) ? undefined : { host: parts['host'], port };
}

/** Writes an address so that two of the same server are equal: `host` or `host,port`. */
export function formatServerAddress({ host, port = DEFAULT_PORT }: ServerAddress): string {
  return port === DEFAULT_PORT ? host.toLowerCase() : `${host.toLowerCase()},${port}`;
}
