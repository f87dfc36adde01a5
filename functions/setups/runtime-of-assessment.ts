import { isAssessment, storedAssessmentId } from '../../shared/setup/assessment.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import type { SetupRequest } from '../../shared/setup/setup.ts';
import type { TenantCall } from '../http/adapter.ts';
import { fieldError, invalidFields } from '../http/problem.ts';
import type { ApiError } from '../http/problem.ts';

/**
 * The request with the runtime of the assessment that it names, if it names one and needs a runtime.
 * @param subject whose request it is
 * @throws {ApiError} `InvalidRequestBody` if that is no assessment of the tenant, or it has no runtime (yet)
 */
export async function withRuntimeOfAssessment(
  { services, tenantId }: TenantCall,
  subject: Pick<SetupKey, 'setupId'>,
  request: SetupRequest,
): Promise<SetupRequest> {
  const { assessmentId, source } = request;
  if (assessmentId === undefined) return request;
  if (isAssessment(subject)) throw refused('is for a setup: an assessment is made again by its replay.');
  const assessment = await services.store.get({ tenantId, setupId: storedAssessmentId(assessmentId) });
  if (assessment === undefined || assessment.state === 'Deleted') throw refused('is not an assessment of the tenant.');
  if (assessment.state === 'Deleting') throw refused('names an assessment that is being deleted.');
  if (source.kind === 'AzureSql') return request;
  const runtimeName = await runtimeOf(services, assessment);
  if (runtimeName === undefined) throw refused('names an assessment without an integration runtime.');
  return { ...request, source: { ...source, runtimeName } };
}

/** The runtime that the latest of its attempts with one came to and that the tenant still has. */
async function runtimeOf(
  { attempts, runtimes }: TenantCall['services'],
  assessment: SetupKey,
): Promise<string | undefined> {
  for (const { reached } of (await attempts.of(assessment)).toReversed()) {
    const name = dataOf(reached, 'runtimeCreated')?.runtimeName;
    const known = name === undefined ? undefined : await runtimes.get(assessment.tenantId, name);
    if (known?.removing === false) return known.name;
  }
  return undefined;
}

function refused(detail: string): ApiError {
  return invalidFields([fieldError('/assessmentId', 'UnusableAssessment', detail)]);
}
