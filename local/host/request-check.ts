import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

// https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.server.kestrel.core.kestrelserverlimits
const REQUEST_LINE_LIMIT = 8 * 1024;
const HEADERS_LIMIT = 100;
/** Of all headers together, in bytes; the parser of Node.js looks after it. */
export const HEADER_BYTES_LIMIT = 32 * 1024;

/** The status with which Kestrel answers a request that it does not pass on; it then closes the connection. */
export function kestrelRefusal({ method = '', url = '', rawHeaders }: IncomingMessage): number | undefined {
  if (`${method} ${url} HTTP/1.1`.length > REQUEST_LINE_LIMIT) return 414;
  if (rawHeaders.length / 2 > HEADERS_LIMIT) return 431;
  const names = rawHeaders.filter((_text, index) => index % 2 === 0);
  const hosts = names.filter((name) => name.toLowerCase() === 'host');
  const isText = rawHeaders.every((text) => isUtf8(Buffer.from(text, 'latin1')));
  return hosts.length > 1 || !isText || /^[^?]*%00/.test(url) ? 400 : undefined;
}

/** Path and query of a target, which a proxy writes with scheme and host. */
export function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}
