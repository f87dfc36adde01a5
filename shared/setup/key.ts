/** Short names of setups in Azure resources, whose names are short and global. */
import { databaseMarkOf } from './database-mark.ts';
import type { AttemptId } from './setup.ts';

/**
 * Twelve hexadecimal digits, the same for the same setup of the same deployment. Two setups may share one, but hardly
 * ever will.
 * @param eventSource MIGRATION_EVENT_SOURCE, which tells deployments of the service apart that share factories
 */
export function setupKey(eventSource: string, { tenantId, setupId }: Pick<AttemptId, 'tenantId' | 'setupId'>): string {
  return databaseMarkOf(eventSource, { tenantId, setupId }).slice(0, 12);
}
