/** From a request to the attempt whose findings it asks for. */
import { z } from 'zod';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError } from '../http/problem.ts';
import { readQuery } from '../http/query.ts';
import { findSetup } from './find-setup.ts';

/** Reads the number of an attempt. */
export const attemptNumberSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'Is the number of an attempt')
  .transform(Number);

const querySchema = z.object({ attempt: attemptNumberSchema.optional() });

/** Query parameters beside the API version. */
export const attemptParameters = Object.keys(querySchema.shape);

/**
 * Reads the setup of the route, and which of its attempts is meant: the last one unless the request names another.
 * @throws {ApiError} those of `findSetup`, and `InvalidQueryParameter`
 */
export async function findAttempt(call: TenantCall): Promise<AttemptId> {
  const { tenantId, setupId, attempt: last } = await findSetup(call);
  const { attempt = last } = readQuery(call.request, querySchema);
  if (attempt > last) {
    throw new ApiError('InvalidQueryParameter', `attempt: The last attempt of the setup is ${last}.`);
  }
  return { tenantId, setupId, attempt };
}
