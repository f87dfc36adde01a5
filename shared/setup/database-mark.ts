/** How a setup signs the databases that it works on. */
import { createHash } from 'node:crypto';
import type { AttemptId } from './setup.ts';

/**
 * The same 64 hexadecimal digits for the same setup of the same deployment. Two databases that carry the same mark
 * belong to the same setup; whose it is cannot be read out of it, so that nobody learns of a stranger.
 * @param eventSource MIGRATION_EVENT_SOURCE, which tells deployments of the service apart
 */
export function databaseMarkOf(eventSource: string, setup: Pick<AttemptId, 'tenantId' | 'setupId'>): string {
  return createHash('sha256').update(`${eventSource}|${setup.tenantId}|${setup.setupId}`).digest('hex');
}
