/** How many entities factories have, from Azure Monitor: one number each, where Data Factory itself lists whole documents. */
import type { MetricsClient, MetricsQueryResult } from '@azure/monitor-query-metrics';
import type { Clock } from '../clock.ts';
import { messageOf } from '../error-message.ts';
import type { Factory } from '../setup/setup.ts';
import { OLDEST_READING_MS } from './entity-reading.ts';
import type { EntityReading } from './entity-reading.ts';

const NAMESPACE = 'Microsoft.DataFactory/factories';
/** https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-datafactory-factories-metrics */
const METRIC = 'ResourceCount';
/** https://learn.microsoft.com/azure/azure-monitor/metrics/migrate-to-batch-api#request-conversion-steps */
const BATCH = 50;
/** Each data point is the maximum of so long. The metric has one a minute, which would be more than anybody needs. */
const [INTERVAL, INTERVAL_MS] = ['PT15M', 15 * 60_000] as const;
const REGION = '{region}';

/** What was said of some factories, and why nothing was said of others. */
interface EntityReadings {
  readonly readings: ReadonlyMap<Factory, EntityReading>;
  readonly problems: readonly string[];
}

export class EntityMetrics {
  readonly #endpoint: string;
  readonly #clientOf: (endpoint: string) => MetricsClient;
  readonly #clock: Clock;

  /**
   * @param endpoint of the metrics of a region, with `{region}` for its name, or those of all factories; empty: there are none
   * @param clientOf gives the client of such an endpoint
   */
  constructor(endpoint: string, clientOf: (endpoint: string) => MetricsClient, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clientOf = clientOf;
    this.#clock = clock;
  }

  /**
   * Asks for the newest data point of each of some factories of one subscription, with one request for fifty in a region. Where
   * Azure Monitor refuses, or is silent, this says why: there is another way to count.
   */
  async read(factories: readonly Factory[]): Promise<EntityReadings> {
    const readings = new Map<Factory, EntityReading>();
    const problems: string[] = [];
    const ask = async (endpoint: string, batch: readonly Factory[]) => {
      try {
        for (const [factory, reading] of await this.#ask(endpoint, batch)) readings.set(factory, reading);
      } catch (error) {
        problems.push(messageOf(error));
      }
    };
    await Promise.all(this.#batches(factories).map(([endpoint, batch]) => ask(endpoint, batch)));
    return { readings, problems };
  }

  #batches(factories: readonly Factory[]): [endpoint: string, batch: readonly Factory[]][] {
    return [...Map.groupBy(factories, (factory) => this.#endpointOf(factory))].flatMap(([endpoint, some]) => {
      if (endpoint === undefined) return [];
      const count = Math.ceil(some.length / BATCH);
      return Array.from({ length: count }, (_, n): [string, Factory[]] => [
        endpoint,
        some.slice(n * BATCH, (n + 1) * BATCH),
      ]);
    });
  }

  #endpointOf({ region }: Factory): string | undefined {
    if (this.#endpoint === '') return undefined;
    if (!this.#endpoint.includes(REGION)) return this.#endpoint;
    return region === undefined ? undefined : this.#endpoint.replace(REGION, region);
  }

  async #ask(endpoint: string, batch: readonly Factory[]): Promise<[Factory, EntityReading][]> {
    const factories = new Map(batch.map((factory) => [resourceIdOf(factory), factory]));
    const endTime = this.#clock.now();
    // Spans begin where the question begins.
    const startTime = new Date(Math.floor((endTime.getTime() - OLDEST_READING_MS) / INTERVAL_MS) * INTERVAL_MS);
    const results = await this.#clientOf(endpoint).queryResources([...factories.keys()], [METRIC], NAMESPACE, {
      startTime,
      endTime,
      interval: INTERVAL,
      aggregation: 'maximum',
    });
    return results.flatMap((result): [Factory, EntityReading][] => {
      const factory = factories.get(result.resourceId?.toLowerCase() ?? '');
      const reading = newestOf(result);
      return factory === undefined || reading === undefined ? [] : [[factory, reading]];
    });
  }
}

/** Spans without a data point have no maximum. */
function newestOf({ metrics }: MetricsQueryResult): EntityReading | undefined {
  const readings = metrics
    .flatMap(({ timeseries }) => timeseries)
    .flatMap(({ data = [] }) => data)
    .flatMap(({ timeStamp: at, maximum }) => (maximum === undefined ? [] : [{ at, entities: maximum }]));
  return readings.toSorted((a, b) => a.at.getTime() - b.at.getTime()).at(-1);
}

function resourceIdOf({ subscriptionId, resourceGroup, name }: Factory): string {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  return `${group}/providers/${NAMESPACE}/${name}`.toLowerCase();
}
