import { apiVersion } from '../../shared/setup/setup.ts';
import type { TenantCall } from './adapter.ts';

/** The URL of something of the request's tenant, as callers reach it: a request's own Host header may be anything. */
export function urlOf({ services, tenantId }: TenantCall, path: string): string {
  return `${services.settings.MIGRATION_PUBLIC_URL}/tenants/${tenantId}/${path}?api-version=${apiVersion}`;
}
