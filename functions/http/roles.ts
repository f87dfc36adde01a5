/** App roles: what a caller may do, and for which tenants. */
import type { Caller } from './access-token.ts';
import { ApiError } from './problem.ts';

/** What a route asks for. No role implies another. */
export type Role = 'Setup.Read' | 'Setup.Write' | 'Ops.Read' | 'Ops.Write' | 'Factory.Notify';

/**
 * The app role that gives the same for every tenant. It counts in tokens of the provider's tenant only: app roles are
 * assigned by the administrators of the token's tenant, and those of a customer may assign any.
 */
const forEveryTenant: Readonly<Record<Role, string>> = {
  'Setup.Read': 'Setup.Read.All',
  'Setup.Write': 'Setup.Write.All',
  'Ops.Read': 'Ops.Read',
  'Ops.Write': 'Ops.Write',
  'Factory.Notify': 'Factory.Notify',
};

/** For whom a caller may do something. */
export type Reach = 'everyTenant' | 'ownTenant' | 'nobody';

/** For whom a caller has a role. */
export function reachOf({ roles, ofProvider }: Caller, role: Role): Reach {
  const everywhere = forEveryTenant[role];
  if (ofProvider && roles.includes(everywhere)) return 'everyTenant';
  return role !== everywhere && roles.includes(role) ? 'ownTenant' : 'nobody';
}

/** Whether a caller may see what concerns the provider alone: where databases are, and how the factories do. */
export function isOperator(caller: Caller): boolean {
  return reachOf(caller, 'Ops.Read') === 'everyTenant';
}

/** @throws {ApiError} `Forbidden`, naming the role, if the caller has it for no tenant */
export function requireRole(caller: Caller, role: Role): Exclude<Reach, 'nobody'> {
  const reach = reachOf(caller, role);
  if (reach !== 'nobody') return reach;
  throw forbidden([role, forEveryTenant[role]]);
}

/** @throws {ApiError} `Forbidden`, naming the app roles, if the caller has none of the roles for every tenant */
export function requireRoleForAll(caller: Caller, roles: readonly Role[]): void {
  if (roles.some((role) => reachOf(caller, role) === 'everyTenant')) return;
  throw forbidden(roles.map((role) => forEveryTenant[role]));
}

function forbidden(appRoles: readonly string[]): ApiError {
  const names = [...new Set(appRoles)].join(' or ');
  return new ApiError('Forbidden', `The access token needs the app role ${names} of this service.`);
}
