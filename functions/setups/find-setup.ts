/** From a request to the setup that it names. */
import { setupIdSchema } from '../../shared/setup/setup.ts';
import type { MilestoneRecord, SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { etagOf, requirePreconditions } from '../http/conditions.ts';
import { ApiError, notFound } from '../http/problem.ts';
import { setupResource } from './setup-resource.ts';

/** Reads the setup id of the route. @throws {ApiError} `InvalidSetupId` */
export function readSetupId({ request }: TenantCall): string {
  const setupId = setupIdSchema.safeParse(request.params['setupId']);
  if (setupId.success) return setupId.data;
  throw new ApiError(
    'InvalidSetupId',
    'A setup id has 3 to 63 lower-case letters, digits and hyphens, and neither starts nor ends with a hyphen.',
  );
}

/**
 * Reads the setup of the route for a change of it, and checks the request's preconditions.
 * @throws {ApiError} those of `findSetup`, and `PreconditionFailed`
 */
export async function findForChange(
  call: TenantCall,
): Promise<{ readonly setup: SetupRecord; readonly reached: readonly MilestoneRecord[] }> {
  const setup = await findSetup(call);
  const reached = await call.services.store.milestonesOf(setup);
  requirePreconditions(call.request, etagOf(setupResource(call, setup, reached)));
  return { setup, reached };
}

/**
 * Reads the setup of the route.
 * @throws {ApiError} `InvalidSetupId` or `SetupNotFound`
 */
export async function findSetup(call: TenantCall): Promise<SetupRecord> {
  const setupId = readSetupId(call);
  const setup = await call.services.store.get({ tenantId: call.tenantId, setupId });
  if (setup === undefined) throw notFound('SetupNotFound');
  return setup;
}
