import type { HttpResponseInit } from '@azure/functions';
import { getClient } from 'durable-functions';
import { newSecretName } from '../../shared/secrets.ts';
import { beginReplay } from '../../shared/setup/begin-replay.ts';
import { shownId, titleOf } from '../../shared/setup/assessment.ts';
import { isReplayable, latestReplay, replayPlan, replayStart } from '../../shared/setup/replay.ts';
import { phasesOf } from '../../shared/setup/states.ts';
import type { Phase } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { auditEntry } from '../http/audit.ts';
import { ApiError, fieldError, invalidFields } from '../http/problem.ts';
import { accepted } from '../operations/operation-resource.ts';
import { discardSecret, putSecret, refusedClaim, start } from './begin-attempt.ts';
import { findForChange } from './find-setup.ts';
import { readReplayRequest } from './replay-body.ts';

/**
 * `POST …/migrationSetups/{setupId}/replay`: begins the next attempt of a setup that failed or was canceled, from the phase
 * that failed or an earlier one; of an assessment that has ended, from its measurements at the latest. 202: follow the operation of the new attempt. With `dryRun`, 200 says what would be taken
 * over, asked again and done again, and nothing is changed.
 */
export async function replaySetup(call: TenantCall): Promise<HttpResponseInit> {
  const { services } = call;
  const { setup } = await findForChange(call);
  if (!isReplayable(setup.state)) throw notReplayable(setup);
  const asked = await readReplayRequest(call.request, setup.request, services.settings);
  const { from: wanted, dryRun, request, password, changes } = asked;
  const latest = latestReplay(setup);
  const from = replayStart(latest, wanted, changes);
  if (from === undefined) throw notReached(latest);
  const attempt = setup.attempt + 1;
  if (dryRun) return { status: 200, jsonBody: { ...shownId(setup), attempt, ...replayPlan(from, phasesOf(setup)) } };

  // The password before the attempt, which may be started at any moment once it is stored.
  const secretName = password === undefined ? setup.secretName : newSecretName(setup.key);
  if (password !== undefined) await putSecret(call, secretName, password, setup);
  const audit = auditEntry(call, 'replaySetup');
  const beginning = await beginReplay(services, setup, { from, request, secretName, audit });
  // The password that is not needed: the new one of an attempt that did not begin, or the old one.
  const [unused, kept] = beginning.kind === 'begun' ? [setup.secretName, secretName] : [secretName, setup.secretName];
  if (unused !== kept) await discardSecret(call, unused);
  if (beginning.kind === 'refused') throw refusedClaim(beginning.claim);
  if (beginning.kind === 'changed') return answerLost(call);
  await start(getClient(call.context), call, beginning.setup);
  return accepted(call, beginning.setup, beginning.setup, await services.store.milestonesOf(beginning.setup));
}

/** Somebody else changed the setup since it was read. */
async function answerLost(call: TenantCall): Promise<never> {
  const { setup } = await findForChange(call);
  throw notReplayable(setup);
}

function notReplayable(setup: SetupRecord): ApiError {
  return new ApiError(
    'SetupNotReplayable',
    `${titleOf(setup)} is ${setup.state}. Only a setup that failed or was canceled, or an assessment that has ended, can be replayed.`,
  );
}

function notReached(reached: Phase): ApiError {
  return invalidFields([
    fieldError('/from', 'PhaseNotReached', `is later than ${reached}, the phase in which the attempt ended.`),
  ]);
}
