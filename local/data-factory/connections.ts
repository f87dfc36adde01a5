import { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import type { GetToken } from '../endpoint/endpoint.ts';
import { connectDatabase, type Database } from './execution/database.ts';
import { readLinkedService, type BlobProperties, type LinkedService, type SqlProperties } from './linked-services.ts';
import type { Resources } from './resources.ts';

/** Opens what linked services describe. Tokens are fetched for each connection and never kept. */
export interface Connections {
  /** The linked service as it is stored now. */
  linkedService(name: string): LinkedService;
  database(properties: SqlProperties): Promise<Database>;
  /** A token of the factory's identity. */
  token(resource: string): Promise<string>;
  /** A container of a storage; undefined when the storage's signature is for another one. */
  container(properties: BlobProperties, name: string): ContainerClient | undefined;
}

/** Connections of one factory, with the factory's managed identity as the only identity. */
export function createConnections(resources: Resources, getToken: GetToken): Connections {
  return {
    linkedService: (name) => readLinkedService(resources.get('linkedservices', name).properties),
    token: getToken,
    async database(properties) {
      return connectDatabase(
        properties,
        properties.authenticationType === 'SQL'
          ? { userName: properties.userName, password: properties.password.value }
          : { token: await getToken('https://database.windows.net/') },
      );
    },
    container(properties, name) {
      if ('sasUri' in properties) {
        const signed = new ContainerClient(properties.sasUri.value);
        return signed.containerName === name ? signed : undefined;
      }
      const credential = {
        getToken: async () => ({
          token: await getToken('https://storage.azure.com'),
          expiresOnTimestamp: Date.now() + 60_000,
        }),
      };
      return new BlobServiceClient(properties.serviceEndpoint, credential).getContainerClient(name);
    },
  };
}
