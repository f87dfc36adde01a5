/** Choices of a factory, over tables of their own and a local Data Factory that all choices of a test file share. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { RestError } from '@azure/core-rest-pipeline';
import type { TableClient } from '@azure/data-tables';
import { startDataFactory } from '../../local/data-factory/server.ts';
import type { DataFactory } from '../../local/data-factory/server.ts';
import { measureFactory, releaseFactory } from '../../orchestrators/activities/factory.ts';
import { chooseFactory } from '../../orchestrators/activities/factory-choice.ts';
import type { Limits } from '../../orchestrators/activities/factory-choice.ts';
import { FactoryBook, mayTakePlace } from '../../shared/factory/book.ts';
import { DataFactories } from '../../shared/factory/data-factory.ts';
import type { Services } from '../../shared/services.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import { settingsFor } from './api/http-call.ts';
import { noClient } from './no-client.ts';
import { newSetupTable } from './setup/setup-table.ts';
import type { SlowWrites } from './slow-writes.ts';
import { startTables } from './tables.ts';
import type { Tables } from './tables.ts';

const factoryOf = (name: string): Factory => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name,
});
export const factories = [factoryOf('factory-a'), factoryOf('factory-b'), factoryOf('factory-c')] as const;
/** Resource Manager knows none of that name. */
export const lost = factoryOf('factory-lost');
const nowhere = 'https://unused.example.com';

/** These activities ask neither orchestrations nor head rows. */
const unused = { getClient: noClient, head: noClient, stopped: noClient };
export const subjectOf = (key: string, attempt: number) => ({
  tenantId: 'tenant',
  setupId: `setup-${key}`,
  key,
  attempt,
});

/** Of whom a choice is, and what else it is given. */
type Choice = [key: string, attempt?: number, limits?: Limits];

export class SelectionWorld {
  readonly dataFactory: DataFactory;
  readonly #tables: Tables;
  readonly #client: DataFactoryManagementClient;
  /** Method and path of each request to Resource Manager, without what all have in common. */
  asked: string[] = [];
  /** Status codes of factories that answer nothing else, by name. */
  refused = new Map<string, number>();
  now = new Date();
  table: TableClient;
  book: FactoryBook;
  services: Services;

  private constructor(tables: Tables, dataFactory: DataFactory) {
    this.#tables = tables;
    this.dataFactory = dataFactory;
    this.#client = new DataFactoryManagementClient(tables.credential, factories[0].subscriptionId, {
      endpoint: dataFactory.url,
      retryOptions: { maxRetries: 0 },
    });
    this.#client.pipeline.addPolicy({
      name: 'asked',
      sendRequest: (request, next) => {
        const path = new URL(request.url).pathname.split('/').slice(8).join('/');
        this.asked.push(`${request.method} ${path}`);
        const statusCode = this.refused.get(path.split('/')[0] ?? '');
        if (statusCode === undefined) return next(request);
        return Promise.reject(new RestError('It is not its day.', { statusCode, request }));
      },
    });
    [this.table, this.book, this.services] = this.#begin();
  }

  static async start(): Promise<SelectionWorld> {
    const tables = await startTables();
    const { tls, verifyToken, getToken } = tables;
    const located = factories.map((factory) => ({ ...factory, location: 'westeurope' }));
    return new SelectionWorld(tables, await startDataFactory({ tls, verifyToken, getToken, factories: located }));
  }

  /** Begins anew, with an empty book. What it writes may be slow. */
  begin(writes?: SlowWrites): void {
    [this.table, this.book, this.services] = this.#begin(writes);
  }

  #begin(writes?: SlowWrites): [TableClient, FactoryBook, Services] {
    this.asked = [];
    this.refused = new Map();
    this.now = new Date();
    const clock = { now: () => this.now };
    const table = this.#tables.table(writes);
    const book = new FactoryBook(table, clock);
    const gateways: Partial<Services> = {
      book,
      // Who is told of limits has a test of its own.
      quotas: { announce: () => Promise.resolve() } as unknown as Services['quotas'],
      clock,
      store: newSetupTable(this.#tables).store,
      factories: new DataFactories(() => this.#client, clock),
      settings: settingsFor({ issuer: `${nowhere}/{tenantId}`, audience: 'api', keysUrl: nowhere }),
    };
    // The activities of a selection use nothing else.
    const services = gateways as Services;
    services.settings.MIGRATION_FACTORIES = [...factories];
    return [table, book, services];
  }

  /** What the service is configured for. */
  use(...configured: readonly Factory[]): void {
    this.services.settings.MIGRATION_FACTORIES = [...configured];
  }

  runSelect(...[key, attempt = 1, more = {}]: Choice) {
    return chooseFactory(subjectOf(key, attempt), more, this.services);
  }

  /** A selection that is not stopped. */
  async select(...choice: Choice) {
    const chosen = await this.runSelect(...choice);
    if ('stopped' in chosen) throw new Error(`The selection was ${chosen.stopped}`);
    return chosen;
  }

  release(key: string, attempt = 1, entities = 0) {
    return releaseFactory({ ...subjectOf(key, attempt), entities }, this.services, unused);
  }

  measure(factory: Factory) {
    return measureFactory({ factory }, this.services, unused);
  }

  /** Writes down that the factories carry so many entities. */
  async carry(...entities: readonly number[]): Promise<void> {
    for (const [index, factory] of factories.entries()) {
      await this.book.measured(await this.book.get(factory), { entities: entities[index] ?? 0, activeRuns: 0 });
    }
  }

  /** Places that are held in each factory. */
  async counts(): Promise<number[]> {
    const booked = await Promise.all(factories.map((factory) => this.book.get(factory)));
    return booked.map(({ reservations }) => reservations);
  }

  /** The same, the fewest first. */
  /** Whether an attempt has given its place back, so that it takes none any more. */
  async hasGivenBack(key: string, attempt: number): Promise<boolean> {
    const { place } = await this.book.read([], { key });
    return !mayTakePlace(place, attempt);
  }

  async placesHeld(): Promise<number[]> {
    return (await this.counts()).toSorted((a, b) => a - b);
  }
}
