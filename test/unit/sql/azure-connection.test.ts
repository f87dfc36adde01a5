import { expect, test } from 'vitest';
import { azureConnectionErrors, azureSqlDomains } from '../../../shared/sql/azure-connection.ts';

const right = {
  server: 'sql01.database.windows.net',
  database: 'BC250',
  userName: 'migration',
  encrypt: true,
  trustServerCertificate: false,
};
const keywordsOf = (changes: Partial<typeof right>) =>
  azureConnectionErrors({ ...right, ...changes }, azureSqlDomains).map(({ keyword }) => keyword);

test.each(['sql01.database.windows.net', 'SQL01.Database.Windows.Net,1433', 'sql01.database.usgovcloudapi.net'])(
  '%s is a server of Azure SQL Database',
  (server) => expect(keywordsOf({ server })).toEqual([]),
);

test.each([
  'sql01',
  'localhost',
  '127.0.0.1',
  '2130706433',
  '0x7f000001',
  '169.254.169.254',
  'metadata.google.internal',
  'sql01.database.windows.net.example.com',
  'xdatabase.windows.net',
  'sql01.example.com,1433',
])('%s is none: nothing else is reached from Azure', (server) => expect(keywordsOf({ server })).toEqual(['Server']));

test('everything that is wrong is named at once', () => {
  const errors = keywordsOf({ server: 'sql01', encrypt: false, trustServerCertificate: true });
  expect(errors).toEqual(['Server', 'Encrypt', 'TrustServerCertificate']);
});
