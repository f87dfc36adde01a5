/** The API in Entra ID: https://learn.microsoft.com/graph/api/application-upsert */
import { z } from 'zod';
import registration from '../api-registration.json' with { type: 'json' };
import type { AzureRest } from './azure-rest.ts';

const applicationSchema = z.object({ id: z.string(), appId: z.string() });
const principalSchema = z.object({
  id: z.string(),
  appRoles: z.array(z.object({ id: z.string(), value: z.string().nullish() })),
});
const assignmentSchema = z.object({ principalId: z.string(), appRoleId: z.string() });

/** The name by which the registration of a deployment is found again. */
export function registrationName(environmentName: string): string {
  return `cloud-migration-setup-${environmentName}`;
}

function applicationOf(name: string): string {
  return `/v1.0/applications(uniqueName='${name}')`;
}

/**
 * Makes the registration of the API and its service principal, or brings them up to date.
 * @returns the application id
 * @throws {RequestRefused} if the directory refuses it
 */
export async function registerApi(graph: AzureRest, name: string): Promise<string> {
  const path = applicationOf(name);
  const body = { displayName: name, ...registration };
  const { status, body: made } = await graph.request('PATCH', path, { body, createIfMissing: true });
  const { body: found } = status === 201 ? { body: made } : await graph.request('GET', path);
  const { id, appId } = applicationSchema.parse(found);
  await graph.request('PATCH', `/v1.0/applications/${id}`, {
    body: { identifierUris: [`api://${appId}`] },
    namesNew: true,
  });
  await graph.request('PATCH', `/v1.0/servicePrincipals(appId='${appId}')`, {
    body: { displayName: name },
    createIfMissing: true,
    namesNew: true,
  });
  return appId;
}

/**
 * Gives the identities of the factories the role with which they say that a run has ended.
 * @returns how many did not have it
 * @throws {RequestRefused} if the directory refuses it
 */
export async function assignNotify(graph: AzureRest, appId: string, factories: readonly string[]): Promise<number> {
  const path = `/v1.0/servicePrincipals(appId='${appId}')`;
  const { id: resourceId, appRoles } = principalSchema.parse((await graph.request('GET', path)).body);
  const appRoleId = appRoles.find(({ value }) => value === 'Factory.Notify')?.id;
  const assigned = await graph.list(`/v1.0/servicePrincipals/${resourceId}/appRoleAssignedTo`, assignmentSchema);
  const holders = new Set(assigned.filter((one) => one.appRoleId === appRoleId).map(({ principalId }) => principalId));
  const missing = factories.filter((principalId) => !holders.has(principalId));
  for (const principalId of missing) {
    await graph.request('POST', `/v1.0/servicePrincipals/${resourceId}/appRoleAssignedTo`, {
      body: { principalId, resourceId, appRoleId },
      namesNew: true,
    });
  }
  return missing.length;
}

/** Removes the registration with its service principal for good; it may be gone already. @throws {RequestRefused} */
export async function removeApi(graph: AzureRest, name: string): Promise<void> {
  const application = await graph.find(applicationOf(name), applicationSchema);
  if (application === undefined) return;
  await graph.delete(`/v1.0/applications/${application.id}`);
  await graph.request('DELETE', `/v1.0/directory/deletedItems/${application.id}`, { namesNew: true });
}
