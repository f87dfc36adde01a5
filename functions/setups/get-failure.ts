import type { HttpResponseInit } from '@azure/functions';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import { detailOf } from '../../shared/setup/failure.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError } from '../http/problem.ts';
import { findAttempt } from './find-attempt.ts';

/**
 * `GET …/migrationSetups/{setupId}/failure`: why an attempt failed, with all that is known, for operators: a text of a
 * service in full length, the load of factories, what the attempt removed and what it left.
 */
export async function getFailure(call: TenantCall): Promise<HttpResponseInit> {
  const { store, findings } = call.services;
  const attempt = await findAttempt(call);
  const failed = dataOf(await store.milestonesOf(attempt), 'failed');
  if (failed === undefined) {
    throw new ApiError('FailureNotFound', `Attempt ${attempt.attempt} has not failed.`);
  }
  const { failure, removed, left } = failed;
  const detail = detailOf(await findings.of(attempt, 'cause'));
  return { status: 200, jsonBody: { ...failure, ...(detail === '' ? {} : { detail }), removed, left } };
}
