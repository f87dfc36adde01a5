/** The resources of Azure that the endpoints stand for. */
const AZURE_RESOURCES: ReadonlySet<string> = new Set([
  'https://management.azure.com',
  'https://metrics.monitor.azure.com',
  'https://vault.azure.net',
  'https://storage.azure.com',
  'https://servicebus.azure.net',
  'https://database.windows.net',
  'https://monitor.azure.com',
]);

/**
 * Whether tokens are issued for a resource of Azure.
 * Local endpoints count, because the management clients derive the resource from the endpoint they are given.
 */
export function isAzureResource(resource: string): boolean {
  return AZURE_RESOURCES.has(resource.replace(/\/$/, '')) || /^https:\/\/localhost(:\d+)?\/?$/.test(resource);
}
