/** What the beginning of an attempt needs, whoever asks for it: the environment, the password, the start. */
import type { DurableClient } from 'durable-functions';
import { messageOf } from '../../shared/error-message.ts';
import type { Claimant } from '../../shared/environments/directory.ts';
import type { SecretOwner } from '../../shared/secrets.ts';
import type { RefusedClaim } from '../../shared/setup/begin-replay.ts';
import type { Destination, SetupRequest } from '../../shared/setup/setup.ts';
import { startSetup } from '../../shared/setup/start.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { environmentInUse } from '../environments/environment-resource.ts';
import type { TenantCall } from '../http/adapter.ts';
import { fieldError, invalidFields } from '../http/problem.ts';
import type { ApiError } from '../http/problem.ts';

/**
 * Takes the environment for an attempt. Its request may die before the attempt is stored: then the claim lapses.
 * @throws {ApiError} `InvalidRequestBody` if the tenant has no such environment, `EnvironmentInUse`
 */
export async function claimEnvironment(
  { services, tenantId }: TenantCall,
  { environment }: SetupRequest['destination'],
  claimant: Claimant,
): Promise<Destination> {
  const claim = await services.environments.claim(tenantId, environment, claimant);
  if (claim.kind !== 'claimed') throw refusedClaim(claim);
  const { name, ...place } = claim.environment;
  return { environment: name, ...place };
}

/** The answer to a request for an environment that the attempt cannot have. */
export function refusedClaim(claim: RefusedClaim): ApiError {
  if (claim.kind === 'inUse') return environmentInUse(claim.setupId);
  return invalidFields([
    fieldError('/destination/environment', 'UnknownEnvironment', 'is not an environment of the tenant.'),
  ]);
}

/** Stores a password before the row that names it: one that is stored may be worked with at any moment. */
export async function putSecret(call: TenantCall, name: string, password: string, owner: SecretOwner): Promise<void> {
  try {
    await call.services.secrets.put(name, password, owner);
  } catch (error) {
    await discardSecret(call, name);
    throw error;
  }
}

/** Deletes a secret that no row names. If that fails too, it stays in the vault, and the log names it. */
export async function discardSecret({ context, services }: TenantCall, name: string): Promise<void> {
  try {
    await services.secrets.delete(name);
  } catch (error) {
    context.warn(`Secret ${name} is not needed and could not be deleted:`, messageOf(error));
  }
}

/** Starts an attempt that is stored; if it cannot be started at once, a timer does it. */
export async function start(
  client: DurableClient,
  { context, services }: TenantCall,
  setup: SetupRecord,
): Promise<void> {
  try {
    await startSetup(client, setup, services.settings);
  } catch (error) {
    context.warn(`Setup ${setup.setupId} is accepted but could not be started yet:`, messageOf(error));
  }
}
