/** From a request to the setup or the assessment that it names. */
import { storedAssessmentId } from '../../shared/setup/assessment.ts';
import { setupIdSchema } from '../../shared/setup/setup.ts';
import type { MilestoneRecord, SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { etagOf, requirePreconditions } from '../http/conditions.ts';
import { ApiError, notFound } from '../http/problem.ts';
import { setupResource } from './setup-resource.ts';

/** Whether a route is one of assessments. */
function ofAssessment({ request }: TenantCall): boolean {
  return 'assessmentId' in request.params;
}

/** Reads the id of the route, as the setup or the assessment is stored. @throws {ApiError} `InvalidSetupId` */
export function readSetupId(call: TenantCall): string {
  const { params } = call.request;
  const id = setupIdSchema.safeParse(params['assessmentId'] ?? params['setupId']);
  if (id.success) return ofAssessment(call) ? storedAssessmentId(id.data) : id.data;
  throw new ApiError(
    'InvalidSetupId',
    'An id has 3 to 63 lower-case letters, digits and hyphens, and neither starts nor ends with a hyphen.',
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
 * Reads the setup or the assessment of the route.
 * @throws {ApiError} `InvalidSetupId`, `SetupNotFound` or `AssessmentNotFound`
 */
export async function findSetup(call: TenantCall): Promise<SetupRecord> {
  const setupId = readSetupId(call);
  const setup = await call.services.store.get({ tenantId: call.tenantId, setupId });
  if (setup === undefined) throw notFound(ofAssessment(call) ? 'AssessmentNotFound' : 'SetupNotFound');
  return setup;
}
