/** The role of the app in the factories, which no resource group takes with it. */
import { z } from 'zod';
import role from '../factory-role.json' with { type: 'json' };
import type { AzureRest } from './azure-rest.ts';

const API_VERSION = 'api-version=2022-04-01';

/** Deletes the role of a deployment when nobody has it any more; it may be gone already. @throws {RequestRefused} */
export async function removeFactoryRole(
  resourceManager: AzureRest,
  environmentName: string,
  subscriptionId: string,
): Promise<void> {
  // As `modules/factory-role.bicep` names it.
  const roleName = `${role.name} (${environmentName}, ${subscriptionId})`;
  const list = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;
  const filter = encodeURIComponent(`roleName eq '${roleName}'`);
  const found = await resourceManager.list(`${list}?${API_VERSION}&$filter=${filter}`, z.object({ id: z.string() }));
  for (const { id } of found) await resourceManager.delete(`${id}?${API_VERSION}`);
}
