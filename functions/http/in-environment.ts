/** Requests that take the environment's database to be answered. */
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { SqlDatabase } from '../../shared/sql/database.ts';
import type { TenantCall } from './adapter.ts';
import { ApiError } from './problem.ts';

/** A serverless database that pauses takes about that long to come back. */
const RETRY_SECONDS = 60;

/**
 * Asks the database of a setup's environment.
 * @throws {ApiError} `ServiceUnavailable` if it does not answer, or not with what was asked; why stands in the log
 */
export async function inEnvironment<Result>(
  { services }: TenantCall,
  { destination }: SetupRecord,
  work: (database: SqlDatabase) => Promise<Result>,
): Promise<Result> {
  try {
    return await services.databases.use(destination, work);
  } catch (cause) {
    throw new ApiError(
      'ServiceUnavailable',
      `The database of the environment ${destination.environment} could not be asked. Send the request again later; if that does not help, ask the operator, with the traceId.`,
      { headers: { 'retry-after': String(RETRY_SECONDS) }, cause },
    );
  }
}
