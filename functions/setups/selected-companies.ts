/** The companies of a setup that was assessed. */
import { companySchema } from '../../shared/checks/probe.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { fieldError, invalidFields } from '../http/problem.ts';

/**
 * Checks names of companies, in the field `companies` of a request, against those of the source.
 * @param among only these, if given
 * @throws {ApiError} `InvalidRequestBody`, naming each that is not there
 */
export async function requireCompanies(
  { services }: TenantCall,
  setup: SetupRecord,
  names: readonly string[],
  among?: readonly string[],
): Promise<void> {
  const findings = await services.findings.of(setup, 'company');
  const known = new Set(findings.map((finding) => companySchema.parse(finding).name));
  const allowed = new Set(among ?? known);
  const errors = names.flatMap((name, index) => {
    const pointer = `/companies/${index}`;
    if (!known.has(name)) return [fieldError(pointer, 'UnknownCompany', 'is no company of the source.')];
    if (!allowed.has(name)) return [fieldError(pointer, 'UnknownCompany', 'is not among the companies of the setup.')];
    return [];
  });
  if (errors.length > 0) throw invalidFields(errors);
}
