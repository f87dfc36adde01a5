/** URLs as callers reach them: a request's own Host header may be anything. */
import { apiVersion } from '../../shared/setup/setup.ts';
import { shownId } from '../../shared/setup/assessment.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import type { Call, TenantCall } from './adapter.ts';

/** The URL of something of the request's tenant. */
export function urlOf(call: TenantCall, path: string): string {
  return serviceUrlOf(call, `tenants/${call.tenantId}/${path}`);
}

/** Where a setup or an assessment is among what is of its tenant. */
export function pathOf(setup: Pick<SetupKey, 'setupId'>): string {
  const shown = shownId(setup);
  return 'setupId' in shown ? `migrationSetups/${shown.setupId}` : `assessments/${shown.assessmentId}`;
}

/** The URL of something of the service. */
export function serviceUrlOf({ services }: Call, path: string): string {
  return `${services.settings.MIGRATION_PUBLIC_URL}/${path}?api-version=${apiVersion}`;
}

/**
 * The URL of the next page of a list: that of the request, going on after its page.
 * @param path of the list, below the public URL
 */
export function nextLinkOf({ request, services }: Call, path: string, continuation: string): string {
  const query = new URLSearchParams(request.query);
  query.set('continuation', continuation);
  return `${services.settings.MIGRATION_PUBLIC_URL}/${path}?${query.toString()}`;
}
