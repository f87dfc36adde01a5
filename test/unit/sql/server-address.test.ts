import { expect, test } from 'vitest';
import { parseServerAddress } from '../../../shared/sql/server-address.ts';

test.each([
  ['online.database.windows.net', 'online.database.windows.net', undefined],
  ['localhost,14330', 'localhost', 14_330],
  ['tcp:online.database.windows.net,1433', 'online.database.windows.net', 1433],
  ['tcp:127.0.0.1', '127.0.0.1', undefined],
])('%s is host %s and port %s', (text, host, port) => {
  expect(parseServerAddress(text)).toEqual({ host, port });
});

test.each([
  '',
  'host\\instance',
  'np:\\\\.\\pipe\\sql',
  'host,',
  'host,port',
  'host,123456',
  'host:1433',
  'host;Database=other',
  'ho st',
  'host\n',
])('"%s" is not an address', (text) => {
  expect(parseServerAddress(text)).toBeUndefined();
});
