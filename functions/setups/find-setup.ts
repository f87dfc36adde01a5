/** From a request to the setup that it names. */
import { setupIdSchema } from '../../shared/setup/setup.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError, notFound } from '../http/problem.ts';

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
 * Reads the setup of the route.
 * @throws {ApiError} `InvalidSetupId` or `SetupNotFound`
 */
export async function findSetup(call: TenantCall): Promise<SetupRecord> {
  const setupId = readSetupId(call);
  const setup = await call.services.store.get({ tenantId: call.tenantId, setupId });
  if (setup === undefined) throw notFound('SetupNotFound');
  return setup;
}
