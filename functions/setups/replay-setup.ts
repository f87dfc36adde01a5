import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import { newSecretName } from '../../shared/secrets.ts';
import { replayPlan, replayStart } from '../../shared/setup/replay.ts';
import type { Phase } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { ApiError, fieldError, invalidFields } from '../http/problem.ts';
import { accepted } from '../operations/operation-resource.ts';
import { claimEnvironment, discardSecret, putSecret, start } from './begin-attempt.ts';
import { findForChange } from './find-setup.ts';
import { readReplayRequest } from './replay-body.ts';

/**
 * `POST …/migrationSetups/{setupId}/replay`: begins the next attempt of a setup that failed or was canceled, from the phase
 * that failed or an earlier one. 202: follow the operation of the new attempt. With `dryRun`, 200 says what would be taken
 * over, asked again and done again, and nothing is changed.
 */
export async function replaySetup(call: TenantCall): Promise<HttpResponseInit> {
  const { services } = call;
  const { setup } = await findForChange(call);
  if (setup.state !== 'Failed' && setup.state !== 'Canceled') throw notReplayable(setup);
  const { from: wanted, dryRun, request, password, changes } = await readReplayRequest(call.request, setup.request);
  const from = replayStart(setup.phase, wanted, changes);
  if (from === undefined) throw notReached(setup.phase);
  const attempt = setup.attempt + 1;
  if (dryRun) return { status: 200, jsonBody: { setupId: setup.setupId, attempt, ...replayPlan(from) } };

  const claimant = { setupId: setup.setupId, attempt };
  const destination = await claimEnvironment(call, request.destination, claimant);
  const secretName = password === undefined ? setup.secretName : newSecretName(setup.key);
  if (password !== undefined) await putSecret(call, secretName, password, setup);
  const beginning = { from, replayOf: setup.attempt, audit: auditEntry(call, 'replaySetup') };
  const begun = await services.store.beginNext(setup, { request, destination, secretName }, beginning);
  if (begun === undefined) {
    if (password !== undefined) await discardSecret(call, secretName);
    return answerLost(call);
  }
  if (password !== undefined) await discardSecret(call, setup.secretName);
  await start(getClient(call.context), call, begun);
  return accepted(call, begun, begun, await services.store.milestonesOf(begun));
}

/** Somebody else changed the setup since it was read. What was claimed for the attempt lapses, or is the winner's. */
async function answerLost(call: TenantCall): Promise<never> {
  const { setup } = await findForChange(call);
  throw notReplayable(setup);
}

function notReplayable({ setupId, state }: SetupRecord): ApiError {
  return new ApiError(
    'SetupNotReplayable',
    `Setup ${setupId} is ${state}. Only a setup that failed or was canceled can be replayed.`,
  );
}

function notReached(reached: Phase): ApiError {
  return invalidFields([
    fieldError('/from', 'PhaseNotReached', `is later than ${reached}, the phase in which the attempt ended.`),
  ]);
}
