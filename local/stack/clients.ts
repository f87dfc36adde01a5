import { randomBytes, randomUUID } from 'node:crypto';
import { ClientSecretCredential } from '@azure/identity';
import type { TokenCredential } from '@azure/identity';
import type { ClientRegistration } from '../identity/client-credentials.ts';

/** The systems and people around the app. */
export type ClientName = 'provisioning' | 'operations' | 'subscriber' | 'otherTenant';

/** The audience of the app's API. */
export const API_AUDIENCE = 'api://cloud-migration-setup';

const ROLES: Readonly<Record<ClientName, readonly string[]>> = {
  /** A tenant provisioning system. */
  provisioning: ['Setup.Read', 'Setup.Write'],
  /** An operator. */
  operations: ['Setup.Read', 'Ops.Read', 'Ops.Replay'],
  /** A downstream service: it receives events and does not call the API. */
  subscriber: [],
  /** A provisioning system of another tenant, which must see nothing of the first. */
  otherTenant: ['Setup.Read', 'Setup.Write'],
};

/** Registers the clients with new ids and secrets; all but `otherTenant` belong to the given tenant. */
export function registerClients(tenantId: string): Readonly<Record<ClientName, ClientRegistration>> {
  const register = (name: ClientName): ClientRegistration => ({
    tenantId: name === 'otherTenant' ? randomUUID() : tenantId,
    clientId: randomUUID(),
    objectId: randomUUID(),
    secret: randomBytes(32).toString('base64url'),
    roles: { [API_AUDIENCE]: ROLES[name] },
  });
  return {
    provisioning: register('provisioning'),
    operations: register('operations'),
    subscriber: register('subscriber'),
    otherTenant: register('otherTenant'),
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
