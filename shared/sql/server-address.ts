/** Where a SQL Server is, in the notation of SqlClient: `host`, `host,port`, `tcp:host,port`. */

export interface ServerAddress {
  readonly host: string;
  /** Undefined: the default port. */
  readonly port: number | undefined;
}

/** Reads a server address; undefined if it is not one. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const parts = /^(?:tcp:)?(?<host>[A-Za-z0-9.-]+)(?:,(?<port>\d{1,5}))?$/.exec(text)?.groups;
  if (parts?.['host'] === undefined) return undefined;
  const port = parts['port'] === undefined ? undefined : Number(parts['port']);
  return port !== undefined && (port === 0 || port > 65_535) ? undefined : { host: parts['host'], port };
}
