/**
 * Linked services and datasets of a setup, whole, in the shape in which Data Factory takes them. The secrets in them, the
 * source's password and the signature for staging, are encrypted by Data Factory and never given out; the destination is
 * reached with the factory's own identity. Pure.
 */
import { stagingContainer } from './names.ts';
import type { EntityNames } from './names.ts';
import type { Destination, SetupRequest } from '../setup/setup.ts';

/** An entity in the shape of Resource Manager, without its name. */
export interface EntityDocument {
  readonly properties: Readonly<Record<string, unknown>>;
}

function linkedServiceReference(referenceName: string) {
  return { type: 'LinkedServiceReference', referenceName };
}

/**
 * The container of a setup, by an address with a signature: with an identity, staged copies cannot be compressed, and a
 * node of the tenant would have the factory's way to the containers of others.
 * https://learn.microsoft.com/azure/data-factory/connector-azure-blob-storage#shared-access-signature-authentication
 */
export function stagingLinkedService(address: string): EntityDocument {
  const sasUri = { type: 'SecureString', value: address };
  return { properties: { type: 'AzureBlobStorage', typeProperties: { sasUri } } };
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
  const { encrypt, strictEncryption, ...connection } = source.connection;
  const unlessStrict = encrypt ? 'mandatory' : 'optional';
  return {
    properties: {
      type: source.kind === 'SqlServer' ? 'SqlServer' : 'AzureSqlDatabase',
      ...(runtimeName === undefined
        ? {}
        : { connectVia: { type: 'IntegrationRuntimeReference', referenceName: runtimeName } }),
      typeProperties: {
        ...connection,
        encrypt: strictEncryption === true ? 'strict' : unlessStrict,
        authenticationType: 'SQL',
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

/**
 * The catalogues of both databases: a compressed blob each, of one JSON object a line. Folder and file are parameters.
 * https://learn.microsoft.com/azure/data-factory/format-json#dataset-properties
 */
export function catalogueDataset(names: EntityNames, key: string): EntityDocument {
  return {
    properties: {
      type: 'Json',
      linkedServiceName: linkedServiceReference(names.linkedServices.staging),
      parameters: { folder: { type: 'String' }, file: { type: 'String' } },
      typeProperties: {
        location: {
          type: 'AzureBlobStorageLocation',
          container: stagingContainer(key),
          folderPath: { type: 'Expression', value: '@dataset().folder' },
          fileName: { type: 'Expression', value: '@dataset().file' },
        },
        compression: { type: 'gzip', level: 'Fastest' },
      },
    },
  };
}
