import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { GetToken } from '../endpoint/endpoint.ts';
import { connectDatabase, type Database } from './execution/database.ts';
import { readLinkedService, type KeyVaultSecret, type LinkedService, type SqlProperties } from './linked-services.ts';
import type { Resources } from './resources.ts';

/** Opens what linked services describe. Passwords and tokens are fetched for each connection and never kept. */
export interface Connections {
  /** The linked service as it is stored now. */
  linkedService(name: string): LinkedService;
  database(properties: SqlProperties): Promise<Database>;
  container(serviceEndpoint: string, name: string): ContainerClient;
}

// https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret
const VAULT_API_VERSION = '7.4';

/** Connections of one factory, with the factory's managed identity as the only identity. */
export function createConnections(resources: Resources, getToken: GetToken): Connections {
  const linkedService = (name: string) => readLinkedService(resources.get('linkedservices', name).properties);

  async function secret({ store, secretName, secretVersion }: KeyVaultSecret): Promise<string> {
    const vault = linkedService(store.referenceName);
    if (vault.type !== 'AzureKeyVault') throw new Error(`The linked service '${store.referenceName}' is no key vault.`);
    const path = ['secrets', secretName, ...(secretVersion === undefined ? [] : [secretVersion])];
    const url = new URL(path.map(encodeURIComponent).join('/'), `${vault.typeProperties.baseUrl.replace(/\/$/, '')}/`);
    url.searchParams.set('api-version', VAULT_API_VERSION);
    try {
      const token = await getToken('https://vault.azure.net');
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return z.object({ value: z.string() }).parse(await response.json()).value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Failed to get the secret '${secretName}' from the key vault: ${reason}`, { cause: error });
    }
  }

  return {
    linkedService,
    async database(properties) {
      return connectDatabase(
        properties,
        properties.authenticationType === 'SQL'
          ? { userName: properties.userName, password: await secret(properties.password) }
          : { token: await getToken('https://database.windows.net/') },
      );
    },
    container(serviceEndpoint, name) {
      const credential = {
        getToken: async () => ({
          token: await getToken('https://storage.azure.com'),
          expiresOnTimestamp: Date.now() + 60_000,
        }),
      };
      return new BlobServiceClient(serviceEndpoint, credential).getContainerClient(name);
    },
  };
}
