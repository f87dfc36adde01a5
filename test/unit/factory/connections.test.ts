import { describe, expect, test } from 'vitest';
import {
  destinationLinkedService,
  sourceLinkedService,
  stagingLinkedService,
  tableDataset,
} from '../../../shared/factory/connections.ts';
import { entityNames, keyOfName, stagingContainer } from '../../../shared/factory/names.ts';
import type { SetupRequest } from '../../../shared/setup/setup.ts';
import { parseConnectionString } from '../../../shared/sql/connection-string.ts';

const names = entityNames('0123456789ab');
const destination = {
  environment: 'Production',
  server: 'online.example.com',
  database: 'tenant01',
  region: 'westeurope',
};

function source(kind: SetupRequest['source']['kind'], encrypt = true): SetupRequest['source'] {
  return {
    kind,
    connection: {
      server: 'SQL01\\BC',
      database: 'BC',
      userName: 'migration',
      encrypt,
      trustServerCertificate: true,
    },
  };
}

const password = 'not a real one';

describe('the source', () => {
  const document = sourceLinkedService(source('SqlServer'), password, 'shir-0123456789ab');

  test('has its password where Data Factory encrypts it', () => {
    expect(document.properties['typeProperties']).toEqual({
      server: 'SQL01\\BC',
      database: 'BC',
      encrypt: 'mandatory',
      trustServerCertificate: true,
      authenticationType: 'SQL',
      userName: 'migration',
      password: { type: 'SecureString', value: password },
    });
  });

  test('has what the connection string carries', () => {
    const text =
      'Server=SQL01;Database=BC;User ID=u;Password=p;Encrypt=Strict;MultiSubnetFailover=yes;HostNameInCertificate=sql.example.com';
    const parsed = parseConnectionString(text);
    if (!parsed.ok) throw new Error('It is refused.');
    const { properties } = sourceLinkedService({ kind: 'SqlServer', connection: parsed.connection }, 'p', undefined);
    expect(properties['typeProperties']).toEqual({
      server: 'SQL01',
      database: 'BC',
      userName: 'u',
      encrypt: 'strict',
      trustServerCertificate: false,
      multiSubnetFailover: true,
      hostNameInCertificate: 'sql.example.com',
      authenticationType: 'SQL',
      password: { type: 'SecureString', value: 'p' },
    });
  });

  test('on a SQL Server is reached through the self-hosted runtime', () => {
    expect(document.properties).toMatchObject({
      type: 'SqlServer',
      connectVia: { type: 'IntegrationRuntimeReference', referenceName: 'shir-0123456789ab' },
    });
  });

  test('in Azure SQL is reached directly', () => {
    const { properties } = sourceLinkedService(source('AzureSql'), password, undefined);
    expect(properties['type']).toBe('AzureSqlDatabase');
    expect(properties).not.toHaveProperty('connectVia');
  });

  test('is encrypted as the connection string asked', () => {
    const { properties } = sourceLinkedService(source('SqlServer', false), password, undefined);
    expect(properties['typeProperties']).toMatchObject({ encrypt: 'optional' });
  });
});

test('the destination is reached with the identity of the factory, encrypted and verified', () => {
  expect(destinationLinkedService(destination).properties).toEqual({
    type: 'AzureSqlDatabase',
    typeProperties: {
      server: 'online.example.com',
      database: 'tenant01',
      encrypt: 'mandatory',
      trustServerCertificate: false,
      authenticationType: 'SystemAssignedManagedIdentity',
    },
  });
});

test('staging has an address with a signature where Data Factory encrypts it, and no identity', () => {
  const address = 'https://staging.example.com/mig-0123456789ab?sig=not+a+real+one';
  expect(stagingLinkedService(address).properties).toEqual({
    type: 'AzureBlobStorage',
    typeProperties: { sasUri: { type: 'SecureString', value: address } },
  });
});

test('what a node of the tenant works with opens this setup alone: nothing signs in as the factory', () => {
  const own = [
    sourceLinkedService(source('SqlServer'), password, 'shir-0123456789ab'),
    stagingLinkedService('https://staging.example.com/mig-0123456789ab?sig=not+a+real+one'),
  ];
  for (const { properties } of own) {
    const secrets = Object.values(properties['typeProperties'] as object).filter(
      (value) => (value as { readonly type?: unknown } | null)?.type === 'SecureString',
    );
    expect(secrets).toHaveLength(1);
    expect(JSON.stringify(properties)).not.toMatch(/ManagedIdentity|serviceEndpoint|AzureKeyVault|accountKey/i);
  }
  expect(destinationLinkedService(destination).properties).not.toHaveProperty('connectVia');
});

test('the container of a setup has a name that storage takes, which leads back to its key', () => {
  const container = stagingContainer('0123456789ab');
  // https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
  expect(container).toMatch(/^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/);
  expect(keyOfName(container)).toBe('0123456789ab');
});

test.each([
  ['source', 'SqlServer', 'SqlServerTable'],
  ['source', 'AzureSql', 'AzureSqlTable'],
  ['destination', 'SqlServer', 'AzureSqlTable'],
] as const)('the dataset of the %s of a %s setup is a %s', (side, kind, type) => {
  const { properties } = tableDataset(names, side, kind);
  expect(properties).toMatchObject({ type, linkedServiceName: { referenceName: names.linkedServices[side] } });
  expect(Object.keys(properties['parameters'] as object)).toEqual(['schema', 'table']);
});

test('names fit what Data Factory allows, and those of two setups differ', () => {
  const flat = ({ runtime, linkedServices, datasets, pipelines }: ReturnType<typeof entityNames>) => [
    runtime,
    ...[linkedServices, datasets, pipelines].flatMap((group) => Object.values(group)),
  ];
  const own = flat(names);
  // https://learn.microsoft.com/azure/data-factory/naming-rules
  expect(names.runtime).toMatch(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/);
  for (const name of own.slice(1)) expect(name).toMatch(/^[A-Za-z0-9_][^<>*#.%&:\\+?/-]{0,259}$/);
  const all = [...own, ...flat(entityNames('ba9876543210'))];
  expect(new Set(all).size).toBe(all.length);
});
