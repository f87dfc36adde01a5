/** An environment as the API shows it, and as a request names it. */
import { environmentNameSchema } from '../../shared/environments/environment.ts';
import type { EnvironmentRecord } from '../../shared/environments/directory.ts';
import type { Caller } from '../http/access-token.ts';
import type { TenantCall } from '../http/adapter.ts';
import { etagOf } from '../http/conditions.ts';
import { ApiError } from '../http/problem.ts';
import { isOperator } from '../http/roles.ts';

/** Maps an environment. Where its database is, is for operators only. */
export function environmentResource({ name, server, database, region }: EnvironmentRecord, caller: Caller) {
  return isOperator(caller) ? { name, region, server, database } : { name, region };
}

/** The entity tag of an environment, the same for every caller: it tells of changes, and nothing of what they are. */
export function environmentEtag({ etag }: EnvironmentRecord): string {
  return etagOf({ etag });
}

/** Reads the environment's name of the route. @throws {ApiError} `InvalidEnvironmentName` */
export function readEnvironmentName({ request }: TenantCall): string {
  const name = environmentNameSchema.safeParse(request.params['environment']);
  if (name.success) return name.data;
  throw new ApiError(
    'InvalidEnvironmentName',
    'A name has 1 to 30 letters, digits, spaces, hyphens and underscores; the first and the last are letters or digits.',
  );
}

/** The answer to a change of an environment that a setup of its tenant has. */
export function environmentInUse(setupId: string): ApiError {
  return new ApiError('EnvironmentInUse', `The setup ${setupId} of the tenant has the environment.`);
}
