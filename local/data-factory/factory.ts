import type { Clock } from '../endpoint/clock.ts';
import type { GetToken, Log } from '../endpoint/endpoint.ts';
import { createConnections } from './connections.ts';
import { EntityHistory } from './entity-history.ts';
import type { JsonObject } from './json.ts';
import { Resources } from './resources.ts';
import { PipelineRuns } from './runs.ts';
import { IntegrationRuntimes } from './runtimes.ts';

/** A data factory that exists from the start. */
export interface FactoryOptions {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  /** A region, such as `westeurope`. */
  readonly location: string;
  /** Its managed identity. Absent: the one of all factories, which is not told. */
  readonly identity?: FactoryIdentity;
}

/** https://learn.microsoft.com/rest/api/datafactory/factories/get#factoryidentity */
interface FactoryIdentity {
  readonly tenantId: string;
  readonly objectId: string;
  readonly getToken: GetToken;
}

/** What Azure Monitor knows of a factory: the most entities that it had from one time until another, in milliseconds. */
export interface MeasuredFactory {
  readonly id: string;
  readonly location: string;
  readonly highest: (from: number, until: number) => number | undefined;
}

/** One data factory with everything in it. */
export interface Factory {
  readonly options: FactoryOptions;
  readonly resource: JsonObject;
  readonly measured: MeasuredFactory;
  readonly resources: Resources;
  readonly runtimes: IntegrationRuntimes;
  readonly runs: PipelineRuns;
}

/** Makes an empty factory. `getToken` is its managed identity. */
export function createFactory(
  options: FactoryOptions,
  { getToken, clock, log }: { readonly getToken: GetToken; readonly clock: Clock; readonly log: Log },
): Factory {
  const { subscriptionId, resourceGroup, name, location, identity } = options;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.DataFactory/factories/${name}`;
  const entities = new EntityHistory(clock);
  const resources = new Resources(id, entities);
  const runtimes = new IntegrationRuntimes(options, clock);
  const connections = createConnections(resources, identity?.getToken ?? getToken);
  return {
    options,
    resource: {
      id,
      name,
      type: 'Microsoft.DataFactory/factories',
      location,
      ...(identity === undefined ? {} : { identity: identityResource(identity) }),
      properties: {
        provisioningState: 'Succeeded',
        createTime: new Date(clock.now()).toISOString(),
        version: '2018-06-01',
      },
    },
    measured: { id, location, highest: (from, until) => entities.highest(from, until) },
    resources,
    runtimes,
    runs: new PipelineRuns(id, { name, location, resources, runtimes, connections, clock }, log),
  };
}

function identityResource({ tenantId, objectId }: FactoryIdentity): JsonObject {
  return { type: 'SystemAssigned', tenantId, principalId: objectId };
}
