import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import type { DurableClient } from 'durable-functions';
import { newSecretName } from '../../shared/secrets.ts';
import type { SecretOwner } from '../../shared/secrets.ts';
import type { MilestoneRecord, NewAttempt, SetupRecord } from '../../shared/setup/store.ts';
import { apiVersion } from '../../shared/setup/setup.ts';
import { setupKey } from '../../shared/setup/key.ts';
import { startSetup } from '../../shared/setup/start.ts';
import { etagOf, requirePreconditions } from '../http/conditions.ts';
import { auditEntry } from '../http/audit.ts';
import { readSetupId } from './find-setup.ts';
import { operationIdOf } from '../operations/get-operation.ts';
import type { AuthorizedCall } from '../http/adapter.ts';
import { readSetupRequest } from './setup-body.ts';
import { requireSameSetup } from './same-setup.ts';
import { setupResource } from './setup-resource.ts';

/**
 * `PUT migrationSetups/{setupId}`: accepts a setup and starts it. 201: accepted now. 200: it exists with the same
 * values, and nothing was changed. It is accepted once it is stored; if it cannot be started at once, a timer does it.
 */
export async function putSetup(call: AuthorizedCall): Promise<HttpResponseInit> {
  const { request, context, services } = call;
  const { tenantId } = call.caller;
  const client = getClient(context);
  const setupId = readSetupId(call);
  const { setupRequest, password } = await readSetupRequest(request, services.settings);
  const key = setupKey(tenantId, setupId);
  const wanted = { tenantId, setupId, key, request: setupRequest };

  const existing = await services.store.get(wanted);
  if (existing !== undefined) return answerExisting(call, existing, wanted, password);

  requirePreconditions(request, undefined);
  // Before the setup: one that is stored may be started by the timer at any moment.
  const secretName = newSecretName(key);
  await putSecret(call, secretName, password, wanted);
  // After an error the row may exist, so that the secret stays: a lost one is found by its tags, a lost password is not.
  const created = await services.store.create({ ...wanted, secretName }, auditEntry(call, 'putSetup'));
  const stored = created ?? (await services.store.get(wanted));
  if (stored === undefined) throw new Error(`Setup ${setupId} could neither be created nor read`);
  // Also if our own row is met as an existing one, because the answer to a first try was lost.
  if (stored.secretName === secretName) {
    await start(client, call, stored);
    return answer(call, 201, stored, await services.store.milestonesOf(stored));
  }
  // Somebody else was faster.
  await discardSecret(call, secretName);
  return answerExisting(call, stored, wanted, password);
}

async function putSecret(call: AuthorizedCall, name: string, password: string, owner: SecretOwner): Promise<void> {
  try {
    await call.services.secrets.put(name, password, owner);
  } catch (error) {
    await discardSecret(call, name);
    throw error;
  }
}

/** Deletes a secret that no row names. If that fails too, it stays in the vault, and the log names it. */
async function discardSecret({ context, services }: AuthorizedCall, name: string): Promise<void> {
  try {
    await services.secrets.delete(name);
  } catch (error) {
    context.warn(`Secret ${name} is not needed and could not be deleted:`, messageOf(error));
  }
}

async function answerExisting(
  call: AuthorizedCall,
  existing: SetupRecord,
  wanted: Omit<NewAttempt, 'secretName'>,
  password: string,
): Promise<HttpResponseInit> {
  const reached = await call.services.store.milestonesOf(existing);
  requirePreconditions(call.request, etagOf(setupResource(existing, reached)));
  const storedPassword = await call.services.secrets.get(existing.secretName);
  requireSameSetup(existing.request, wanted.request, { stored: storedPassword, given: password });
  return answer(call, 200, existing, reached);
}

async function start(client: DurableClient, { context, services }: AuthorizedCall, setup: SetupRecord): Promise<void> {
  try {
    await startSetup(client, setup, services.settings);
  } catch (error) {
    context.warn(`Setup ${setup.setupId} is accepted but could not be started yet:`, messageOf(error));
  }
}

/** An error's own words: what SDKs hang on their errors may hold secrets. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function answer(
  { request }: AuthorizedCall,
  status: 200 | 201,
  setup: SetupRecord,
  reached: readonly MilestoneRecord[],
): HttpResponseInit {
  const resource = setupResource(setup, reached);
  const operationId = operationIdOf(setup);
  return {
    status,
    headers: {
      etag: etagOf(resource),
      'operation-id': operationId,
      'operation-location': operationLocation(request, operationId),
    },
    jsonBody: resource,
  };
}

/** Absolute, and beside `migrationSetups` whatever prefix the host puts before it. */
function operationLocation({ url }: HttpRequest, operationId: string): string {
  return new URL(`../operations/${operationId}?api-version=${apiVersion}`, url).href;
}
