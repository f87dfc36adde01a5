import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { storedIdSchema } from '../../shared/setup/assessment.ts';
import type { KnownCall } from '../http/adapter.ts';
import { readJsonBody } from '../http/json-body.ts';
import { ApiError } from '../http/problem.ts';
import { nudge } from '../setups/nudge.ts';

/** Which run says that its work is done, and of which setup it is. */
const notificationSchema = z.strictObject({
  tenantId: z.guid().toLowerCase(),
  setupId: storedIdSchema,
  runId: z.string().min(1).max(100),
});

/**
 * `POST /factories/{factory}/notifications`: a pipeline run says that its work is done. It is looked at, at most once a second,
 * if a setup waits for it; what the call says is not believed. The factory is always answered with an empty object, never
 * with 202, which it would follow.
 */
export async function notifyFactory(call: KnownCall): Promise<HttpResponseInit> {
  const { request, services, caller } = call;
  const named = (request.params['factory'] ?? '').toLowerCase();
  const factory = services.settings.MIGRATION_FACTORIES.find(({ name }) => name.toLowerCase() === named);
  if (factory === undefined || !(await services.identities.isOf(factory, caller.objectId))) {
    throw new ApiError(
      'Forbidden',
      'Only a factory itself says what its runs have done: the token is of another identity.',
    );
  }
  const { runId, ...subject } = await readJsonBody(request, notificationSchema);
  const target = (await services.waits.get(subject))?.target;
  if (target?.kind === 'run' && target.runId === runId && target.factory.name.toLowerCase() === named) {
    await nudge(call, subject);
  }
  return { status: 200, jsonBody: {} };
}
