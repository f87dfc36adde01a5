/**
 * Linked services and datasets of a setup, whole, in the shape in which Data Factory takes them. The only secret in them
 * is the source's password, which Data Factory encrypts and never gives out; everything else uses the factory's own
 * identity. Pure.
 */
import type { EntityNames } from './names.ts';
import type { Destination, SetupRequest } from '../setup/setup.ts';

/** An entity in the shape of Resource Manager, without its name. */
export interface EntityDocument {
  readonly properties: Readonly<Record<string, unknown>>;
}

function linkedServiceReference(referenceName: string) {
  return { type: 'LinkedServiceReference', referenceName };
}

/** https://learn.microsoft.com/azure/data-factory/connector-azure-blob-storage#managed-identity */
export function stagingLinkedService(serviceEndpoint: string): EntityDocument {
  return { properties: { type: 'AzureBlobStorage', typeProperties: { serviceEndpoint } } };
}

/**
 * The on-premises database, through the self-hosted runtime if there is one. The document is as secret as the password:
 * a node of the tenant works with it, so that it may hold this tenant's password and no way to another's.
 * https://learn.microsoft.com/azure/data-factory/connector-sql-server#recommended-version
 */
export function sourceLinkedService(
  source: SetupRequest['source'],
  password: string,
  runtimeName: string | undefined,
): EntityDocument {
  const { server, database, userName, encrypt, trustServerCertificate } = source.connection;
  return {
    properties: {
      type: source.kind === 'SqlServer' ? 'SqlServer' : 'AzureSqlDatabase',
      ...(runtimeName === undefined
        ? {}
        : { connectVia: { type: 'IntegrationRuntimeReference', referenceName: runtimeName } }),
      typeProperties: {
        server,
        database,
        encrypt: encrypt ? 'mandatory' : 'optional',
        trustServerCertificate,
        authenticationType: 'SQL',
        userName,
        password: { type: 'SecureString', value: password },
      },
    },
  };
}

/** https://learn.microsoft.com/azure/data-factory/connector-azure-sql-database#recommended-version */
export function destinationLinkedService({ server, database }: Destination): EntityDocument {
  return {
    properties: {
      type: 'AzureSqlDatabase',
      typeProperties: {
        server,
        database,
        encrypt: 'mandatory',
        trustServerCertificate: false,
        authenticationType: 'SystemAssignedManagedIdentity',
      },
    },
  };
}

/** One dataset a side serves every table: schema and table are parameters. */
export function tableDataset(
  names: EntityNames,
  side: 'source' | 'destination',
  kind: SetupRequest['source']['kind'],
): EntityDocument {
  const type = side === 'source' && kind === 'SqlServer' ? 'SqlServerTable' : 'AzureSqlTable';
  return {
    properties: {
      type,
      linkedServiceName: linkedServiceReference(names.linkedServices[side]),
      parameters: { schema: { type: 'String' }, table: { type: 'String' } },
      typeProperties: {
        schema: { type: 'Expression', value: '@dataset().schema' },
        table: { type: 'Expression', value: '@dataset().table' },
      },
    },
  };
}
