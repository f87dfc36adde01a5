/** What the choice of a factory costs when many setups begin at once. */
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { chooseFactory } from '../../../orchestrators/activities/factory-choice.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import type { Services } from '../../../shared/services.ts';
import { startTables } from '../../../test/support/tables.ts';
import { rounded } from './figure.ts';
import type { Figure } from './figure.ts';
import { latency } from './latency.ts';

const SETUPS = 50;
const FACTORIES = 100;

const factories = Array.from({ length: FACTORIES }, (_, index) => ({
  subscriptionId: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'migration',
  name: `factory-${index}`,
}));
const clock = { now: () => new Date() };

/** Lets one setup choose, then many at the same moment. */
export async function measurePlacement(): Promise<Figure[]> {
  const tables = await startTables();
  let requests = 0;
  const counting: PipelinePolicy = {
    name: 'counting',
    async sendRequest(request, next) {
      requests += 1;
      await latency();
      return next(request);
    },
  };
  const book = new FactoryBook(tables.table(counting), clock);
  for (const factory of factories) {
    await book.measured(await book.get(factory), { entities: 0, activeRuns: 0 });
  }
  const services = {
    book,
    clock,
    settings: { MIGRATION_FACTORIES: factories },
    // All answer.
    factories: { check: latency },
  } as unknown as Services;
  const timed = async (keys: readonly string[]) => {
    const begun = performance.now();
    await Promise.all(keys.map((key) => chooseFactory({ key, attempt: 1 }, {}, services)));
    return performance.now() - begun;
  };
  await timed(['warm']);
  const one = await timed(['one']);
  requests = 0;
  const many = await timed(Array.from({ length: SETUPS }, (_, index) => `setup-${index}`));
  return [
    { name: `table requests of ${SETUPS} choices at once, ${FACTORIES} factories`, value: requests, bound: 500 },
    { name: 'their time beside one choice', value: rounded(many / one, 1), bound: 10 },
  ];
}
