import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import type { DurableClient } from 'durable-functions';
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
  const wanted = { tenantId, setupId, key, request: setupRequest, secretName: `mig-${key}-source` };

  const existing = await services.store.get(wanted);
  if (existing !== undefined) return answerExisting(call, existing, wanted, password);

  requirePreconditions(request, undefined);
  // Before the setup: one that is stored may be started by the timer at any moment.
  const secretVersion = await services.secrets.put(wanted.secretName, password);
  const created = await services.store.create({ ...wanted, secretVersion }, auditEntry(call, 'putSetup'));
  if (created !== undefined) {
    await start(client, call, created);
    return answer(call, 201, created, await services.store.milestonesOf(created));
  }
  // Somebody else was faster.
  const winner = await services.store.get(wanted);
  if (winner === undefined) throw new Error(`Setup ${setupId} could neither be created nor read`);
  return answerExisting(call, winner, wanted, password);
}

async function answerExisting(
  call: AuthorizedCall,
  existing: SetupRecord,
  wanted: Omit<NewAttempt, 'secretVersion'>,
  password: string,
): Promise<HttpResponseInit> {
  const reached = await call.services.store.milestonesOf(existing);
  requirePreconditions(call.request, etagOf(setupResource(existing, reached)));
  const storedPassword = await call.services.secrets.get(existing.secretName, existing.secretVersion);
  requireSameSetup(existing.request, wanted.request, { stored: storedPassword, given: password });
  return answer(call, 200, existing, reached);
}

async function start(client: DurableClient, { context, services }: AuthorizedCall, setup: SetupRecord): Promise<void> {
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
