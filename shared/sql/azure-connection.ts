/**
 * What a connection to Azure SQL Database must be like. Azure's own runtime opens it, and not one of the caller: so it leads to
 * servers of Azure SQL only, encrypted and with their certificate. Pure.
 */
import type { SourceConnection } from '../setup/setup.ts';
import type { ConnectionStringError } from './connection-string.ts';

/** Where the servers of Azure SQL Database are: https://learn.microsoft.com/azure/azure-sql/database/connectivity-architecture */
export const azureSqlDomains = [
  'database.windows.net',
  'database.usgovcloudapi.net',
  'database.chinacloudapi.cn',
] as const;

/** Everything that keeps a connection from being one to Azure SQL Database. @param domains of its servers, in lower case */
export function azureConnectionErrors(
  { server, encrypt, trustServerCertificate }: SourceConnection,
  domains: readonly string[],
): ConnectionStringError[] {
  const host = server.split(',')[0]?.toLowerCase() ?? '';
  const isAzure = domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
  const errors = [
    isAzure || {
      keyword: 'Server',
      problem: 'is no server of Azure SQL Database',
      remedy: `Give a server below ${domains.join(' or ')}, or kind SqlServer for one that a self-hosted runtime reaches.`,
    },
    encrypt || {
      keyword: 'Encrypt',
      problem: 'is switched off, which Azure SQL Database does not take',
      remedy: 'Leave it out.',
    },
    !trustServerCertificate || {
      keyword: 'TrustServerCertificate',
      problem: 'is on, although the certificates of Azure SQL Database are trusted everywhere',
      remedy: 'Leave it out.',
    },
  ];
  return errors.filter((error) => typeof error === 'object');
}
