import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import type { Claimant } from '../../shared/environments/directory.ts';
import { newSecretName } from '../../shared/secrets.ts';
import { setupKey } from '../../shared/setup/key.ts';
import type { MilestoneRecord, NewAttempt, SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { etagOf, requirePreconditions } from '../http/conditions.ts';
import { operationHeaders } from '../operations/operation-resource.ts';
import { claimEnvironment, discardSecret, putSecret, start } from './begin-attempt.ts';
import { readSetupId } from './find-setup.ts';
import { withRuntimeOfAssessment } from './runtime-of-assessment.ts';
import { requireKnownChecks } from './required-checks.ts';
import { requireSameSetup } from './same-setup.ts';
import { readSetupRequest } from './setup-body.ts';
import { setupResource } from './setup-resource.ts';

type Wanted = Omit<NewAttempt, 'destination' | 'secretName'>;

/**
 * `PUT …/migrationSetups/{setupId}`: accepts a setup and starts it. 201: accepted now. 200: it exists with the same
 * values, and nothing was changed. It is accepted once it is stored; if it cannot be started at once, a timer does it.
 * One that was deleted begins its next attempt.
 */
export async function putSetup(call: TenantCall): Promise<HttpResponseInit> {
  const { request, services, tenantId } = call;
  const setupId = readSetupId(call);
  const { setupRequest, password } = await readSetupRequest(request, services.settings);
  const key = setupKey(services.settings.MIGRATION_EVENT_SOURCE, { tenantId, setupId });
  const wanted = { tenantId, setupId, key, request: setupRequest };

  const existing = await services.store.get(wanted);
  if (existing !== undefined && existing.state !== 'Deleted') return answerExisting(call, existing, wanted, password);
  requirePreconditions(request, undefined);
  requireKnownChecks(wanted, setupRequest.checkSelection);
  const begun = { ...wanted, request: await withRuntimeOfAssessment(call, wanted, setupRequest) };
  return begin(call, existing, begun, password);
}

/** @param deleted the setup of that id that was deleted, if there was one */
async function begin(
  call: TenantCall,
  deleted: SetupRecord | undefined,
  wanted: Wanted,
  password: string,
): Promise<HttpResponseInit> {
  const { context, services } = call;
  const used = deleted ?? (await services.store.numbersOf(wanted));
  const claimant = { setupId: wanted.setupId, attempt: used.attempt + 1 };
  // Both before the setup: one that is stored may be started by the timer at any moment.
  const destination = await claimEnvironment(call, wanted.request.destination, claimant);
  const secretName = newSecretName(wanted.key);
  await putSecret(call, secretName, password, wanted);
  // After an error the row may exist, so that the secret stays: a lost one is found by its tags, a lost password is not.
  const audit = auditEntry(call, 'putSetup');
  const setup = { ...wanted, destination, secretName };
  const begun =
    deleted === undefined
      ? await services.store.create(setup, audit, used)
      : await services.store.beginNext(deleted, setup, { from: 'FactorySelection', audit });
  const stored = begun ?? (await services.store.get(wanted));
  if (stored === undefined) throw new Error(`Setup ${wanted.setupId} could neither be created nor read`);
  // Also if our own row is met as an existing one, because the answer to a first try was lost.
  if (stored.secretName === secretName) {
    await start(getClient(context), call, stored);
    // It has reached nothing yet of which a resource tells.
    return answer(call, 201, stored, []);
  }
  // Somebody else was faster.
  await giveBack(call, stored, destination.environment, claimant);
  await discardSecret(call, secretName);
  return answerExisting(call, stored, wanted, password);
}

/** Both have claimed as the same attempt of the same setup, so that only another environment is given back. */
async function giveBack(
  { services, tenantId }: TenantCall,
  winner: SetupRecord,
  environment: string,
  claimant: Claimant,
): Promise<void> {
  if (winner.destination.environment === environment && winner.attempt === claimant.attempt) return;
  await services.environments.release(tenantId, environment, claimant);
}

async function answerExisting(
  call: TenantCall,
  existing: SetupRecord,
  wanted: Wanted,
  password: string,
): Promise<HttpResponseInit> {
  const reached = await call.services.store.milestonesOf(existing);
  requirePreconditions(call.request, etagOf(setupResource(call, existing, reached)));
  const storedPassword = await call.services.secrets.get(existing.secretName);
  requireSameSetup(existing.request, wanted.request, { stored: storedPassword, given: password });
  return answer(call, 200, existing, reached);
}

function answer(
  call: TenantCall,
  status: 200 | 201,
  setup: SetupRecord,
  reached: readonly MilestoneRecord[],
): HttpResponseInit {
  const resource = setupResource(call, setup, reached);
  return { status, headers: { etag: etagOf(resource), ...operationHeaders(call, setup) }, jsonBody: resource };
}
