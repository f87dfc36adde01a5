import { API_AUDIENCE } from './clients.ts';
import type { FactoryOptions } from '../data-factory/factory.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Identity } from '../identity/server.ts';
import type { ServiceBus } from '../service-bus/server.ts';
import type { Storage } from '../storage/server.ts';

/** What the settings of the app point at. */
export interface AppSurroundings {
  readonly identity: Identity;
  readonly storage: Storage;
  readonly keyVault: Endpoint;
  readonly serviceBus: ServiceBus;
  readonly dataFactory: Endpoint;
  readonly monitor: Endpoint;
  readonly factories: readonly FactoryOptions[];
  /** Where callers reach the API. */
  readonly publicUrl: string;
  /** The tenant of the service's provider. */
  readonly providerTenant: string;
  readonly certificateFile: string;
}

/** The topic of `service-bus-topology.json`. */
const EVENT_TOPIC = 'setup-events';

/** The environment of the app, as the app settings of a function app in Azure would make it. */
export function appSettings(surroundings: AppSurroundings): Readonly<Record<string, string>> {
  const { identity, storage, keyVault, serviceBus, dataFactory, monitor, publicUrl, providerTenant } = surroundings;
  const factories = surroundings.factories.map(({ subscriptionId, resourceGroup, name }) => ({
    subscriptionId,
    resourceGroup,
    name,
  }));
  return {
    ...identity.settings,
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    NODE_EXTRA_CA_CERTS: surroundings.certificateFile,
    MIGRATION_PUBLIC_URL: publicUrl,
    MIGRATION_STATE_TABLE_ENDPOINT: storage.tableUrl,
    // Where the local servers are.
    MIGRATION_AZURE_SQL_DOMAINS: JSON.stringify(['localhost']),
    MIGRATION_STAGING_BLOB_ENDPOINT: storage.blobUrl,
    MIGRATION_SERVICE_BUS_NAMESPACE: serviceBus.fullyQualifiedNamespace,
    MIGRATION_EVENT_TOPIC: EVENT_TOPIC,
    MIGRATION_EVENT_SOURCE: 'https://localhost/cloud-migration-setup',
    MIGRATION_KEY_VAULT_URL: keyVault.url,
    // The name of the local vault does not end in the domain that its challenge names.
    MIGRATION_KEY_VAULT_VERIFY_CHALLENGE: 'false',
    MIGRATION_RESOURCE_MANAGER_URL: dataFactory.url,
    // All factories are in one region, which their settings do not name.
    MIGRATION_METRICS_ENDPOINT: `${monitor.url}/${surroundings.factories[0]?.location ?? ''}`,
    MIGRATION_FACTORIES: JSON.stringify(factories),
    MIGRATION_TOKEN_ISSUER: identity.issuer,
    MIGRATION_TOKEN_AUDIENCE: API_AUDIENCE,
    MIGRATION_TOKEN_KEYS_URL: identity.keysUrl,
    MIGRATION_NOTIFICATION_RESOURCE: API_AUDIENCE,
    MIGRATION_PROVIDER_TENANT: providerTenant,
  };
}
