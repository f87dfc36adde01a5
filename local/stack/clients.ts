import { randomBytes, randomUUID } from 'node:crypto';
import { ClientSecretCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import type { ClientRegistration } from '../identity/client-credentials.ts';

/** The systems and people around the app. */
export type ClientName = 'provisioning' | 'operations' | 'subscriber' | 'customer' | 'otherTenant';

/** The audience of the app's API. */
export const API_AUDIENCE = 'api://cloud-migration-setup';

const ROLES: Readonly<Record<ClientName, readonly string[]>> = {
  /** The provider's tenant provisioning system, which acts for its customers. */
  provisioning: ['Setup.Read.All', 'Setup.Write.All'],
  /** An operator of the provider. */
  operations: ['Setup.Read.All', 'Setup.Write.All', 'Ops.Read', 'Ops.Write'],
  /** A downstream service: it receives events and does not call the API. */
  subscriber: [],
  /** A customer's own system, which acts for itself. */
  customer: ['Setup.Read', 'Setup.Write'],
  /** The same of another customer, who must see nothing of the first. */
  otherTenant: ['Setup.Read', 'Setup.Write'],
};

/** Registers the clients with new ids and secrets, in the tenants of the provider, of its customer and of another one. */
export function registerClients(
  providerTenant: string,
  customerTenant: string,
): Readonly<Record<ClientName, ClientRegistration>> {
  const register = (name: ClientName, tenantId = providerTenant): ClientRegistration => ({
    tenantId,
    clientId: randomUUID(),
    objectId: randomUUID(),
    secret: randomBytes(32).toString('base64url'),
    roles: { [API_AUDIENCE]: ROLES[name] },
  });
  return {
    provisioning: register('provisioning'),
    operations: register('operations'),
    subscriber: register('subscriber'),
    customer: register('customer', customerTenant),
    otherTenant: register('otherTenant', randomUUID()),
  };
}

/** What a client signs in with, exactly as it would with Entra ID but for the address. */
export function credentialOf(client: ClientRegistration, authorityHost: string): TokenCredential {
  const { tenantId, clientId, secret } = client;
  return new ClientSecretCredential(tenantId, clientId, secret, {
    authorityHost,
    // Discovery would ask the public cloud whether it knows the authority.
    disableInstanceDiscovery: true,
  });
}
