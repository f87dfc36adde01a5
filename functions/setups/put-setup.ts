import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import type { MilestoneRecord, NewAttempt, SetupRecord } from '../../shared/setup/store.ts';
import { isSameEnvironment } from '../../shared/environments/environment.ts';
import type { Claimant } from '../../shared/environments/directory.ts';
import type { Environment } from '../../shared/environments/environment.ts';
import type { SetupRequest } from '../../shared/setup/setup.ts';
import { setupKey } from '../../shared/setup/key.ts';
import { startSetup } from '../../shared/setup/start.ts';
import { etagOf, requirePreconditions } from '../http/conditions.ts';
import { auditEntry } from '../http/audit.ts';
import { readSetupId } from './find-setup.ts';
import { operationIdOf } from '../operations/get-operation.ts';
import { environmentInUse } from '../environments/environment-resource.ts';
import type { TenantCall } from '../http/adapter.ts';
import { urlOf } from '../http/links.ts';
import { fieldError, invalidFields } from '../http/problem.ts';
import { readSetupRequest } from './setup-body.ts';
import { requireSameSetup } from './same-setup.ts';
import { setupResource } from './setup-resource.ts';

type WantedSetup = Omit<NewAttempt, 'destination' | 'secretVersion'>;

/**
 * `PUT …/migrationSetups/{setupId}`: accepts a setup and starts it. 201: accepted now. 200: it exists with the same
 * values, and nothing was changed. It is accepted once it is stored; if it cannot be started at once, a timer does it.
 */
export async function putSetup(call: TenantCall): Promise<HttpResponseInit> {
  const { request, context, services, tenantId } = call;
  const client = getClient(context);
  const setupId = readSetupId(call);
  const { setupRequest, password } = await readSetupRequest(request);
  const key = setupKey(tenantId, setupId);
  const wanted = { tenantId, setupId, key, request: setupRequest, secretName: `mig-${key}-source` };

  const existing = await services.store.get(wanted);
  if (existing !== undefined) return answerExisting(call, existing, wanted, password);

  requirePreconditions(request, undefined);
  // Both before the setup: one that is stored may be started by the timer at any moment.
  const claimant = { setupId, attempt: await services.store.firstAttempt(wanted) };
  const { name: environment, ...place } = await claimEnvironment(call, wanted.request.destination, claimant);
  const secretVersion = await services.secrets.put(wanted.secretName, password);
  const destination = { environment, ...place };
  const created = await services.store.create({ ...wanted, destination, secretVersion }, auditEntry(call, 'putSetup'));
  if (created !== undefined) {
    await start(client, call, created);
    return answer(call, 201, created, await services.store.milestonesOf(created));
  }
  // Somebody else was faster.
  const winner = await services.store.get(wanted);
  if (winner === undefined) throw new Error(`Setup ${setupId} could neither be created nor read`);
  if (!isSameEnvironment(winner.destination.environment, environment)) {
    await services.environments.release(tenantId, environment, claimant);
  }
  return answerExisting(call, winner, wanted, password);
}

/** Takes the environment for the setup. Its request may die before the setup is stored: then the claim lapses. */
async function claimEnvironment(
  { services, tenantId }: TenantCall,
  { environment }: SetupRequest['destination'],
  claimant: Claimant,
): Promise<Environment> {
  const claim = await services.environments.claim(tenantId, environment, claimant);
  if (claim.kind === 'claimed') return claim.environment;
  if (claim.kind === 'inUse') throw environmentInUse(claim.setupId);
  throw invalidFields([
    fieldError('/destination/environment', 'UnknownEnvironment', 'is not an environment of the tenant.'),
  ]);
}

async function answerExisting(
  call: TenantCall,
  existing: SetupRecord,
  wanted: WantedSetup,
  password: string,
): Promise<HttpResponseInit> {
  const reached = await call.services.store.milestonesOf(existing);
  requirePreconditions(call.request, etagOf(setupResource(existing, reached, call.caller)));
  const storedPassword = await call.services.secrets.get(existing.secretName, existing.secretVersion);
  requireSameSetup(existing.request, wanted.request, { stored: storedPassword, given: password });
  return answer(call, 200, existing, reached);
}

async function start(client: DurableClient, { context, services }: TenantCall, setup: SetupRecord): Promise<void> {
  try {
    await startSetup(client, setup, services.settings);
  } catch (error) {
    context.warn(
      `Setup ${setup.setupId} is accepted but could not be started yet:`,
      error instanceof Error ? error.message : error,
    );
  }
}

function answer(
  call: TenantCall,
  status: 200 | 201,
  setup: SetupRecord,
  reached: readonly MilestoneRecord[],
): HttpResponseInit {
  const resource = setupResource(setup, reached, call.caller);
  const operationId = operationIdOf(setup);
  return {
    status,
    headers: {
      etag: etagOf(resource),
      'operation-id': operationId,
      'operation-location': urlOf(call, `operations/${operationId}`),
    },
    jsonBody: resource,
  };
}
