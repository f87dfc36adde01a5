import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { Services } from '../../shared/services.ts';

/** As whom an attempt claims databases: parameters of the scripts. */
export function claimantOf(attempt: AttemptId, { settings }: Pick<Services, 'settings'>) {
  return { setupKey: databaseMarkOf(settings.MIGRATION_EVENT_SOURCE, attempt), attempt: attempt.attempt };
}
