import type { ServerProfile } from './options.ts';

/** SQL Server 2019 on somebody's premises. */
export const SQL_SERVER: ServerProfile = {
  productVersion: '15.0.4410.1',
  productMajorVersion: 15,
  edition: 'Standard Edition (64-bit)',
  engineEdition: 2,
};

/** Azure SQL Database. */
export const AZURE_SQL: ServerProfile = {
  productVersion: '12.0.2000.8',
  productMajorVersion: 12,
  edition: 'SQL Azure',
  engineEdition: 5,
};
