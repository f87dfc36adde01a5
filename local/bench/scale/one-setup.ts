/** What one setup costs, from its PUT until it is ready: requests, rows and messages, whatever the number of factories. */
import { EventType } from '../../host/durable/history.ts';
import type { Sample } from '../../stack/databases.ts';
import { FactoryBook } from '../../../shared/factory/book.ts';
import { factories, startEndpoints } from '../../../test/support/world/endpoints.ts';
import { World } from '../../../test/support/world/world.ts';
import type { Figure } from './figure.ts';

const NUMBERS_OF_FACTORIES = [3, 10, 100];
const HALF_FULL = 2_500;
const HOUR_MS = 3_600_000;

const [first] = factories;
if (first === undefined) throw new Error('There is a factory');
const located = Array.from({ length: 100 }, (_, index) => ({ ...first, name: `scale-factory-${index}` }));

/** Measures setups of their own on 3, 10 and 100 factories, empty and half full. */
export async function measureSetups(): Promise<Figure[]> {
  const others = NUMBERS_OF_FACTORIES.flatMap(() => ['SqlServer', 'SqlServer'] as const);
  const endpoints = await startEndpoints(['SqlServer', ...others], 'Small', located);
  const samples = [...endpoints.databases.samples];
  const figures: Figure[] = [];
  const next = () => {
    const sample = samples.pop();
    if (sample === undefined) throw new Error('There is a sample for each setup');
    return sample;
  };
  try {
    for (const number of NUMBERS_OF_FACTORIES) {
      const configured = located.slice(0, number).map(({ location: _location, ...factory }) => factory);
      const settings = { MIGRATION_FACTORIES: JSON.stringify(configured) };
      const world = await World.open(endpoints, { settings });
      try {
        // Tables are made once for a deployment.
        if (number === NUMBERS_OF_FACTORIES[0]) await runSetup(world, 'scale-warm', next());
        for (const entities of [0, HALF_FULL]) {
          const book = new FactoryBook(world.table('factories'), { now: () => new Date() });
          for (const factory of configured) {
            await book.measured(await book.get(factory), { entities, activeRuns: 0 });
          }
          const what = `${number} factories ${entities === 0 ? 'empty' : 'half full'}`;
          const setupId = `scale-${number}-${entities}`;
          figures.push(...(await costOf(world, setupId, next(), what, number === 3 && entities === 0)));
        }
      } finally {
        await world.close();
      }
    }
  } finally {
    await endpoints.stop();
  }
  return figures;
}

/** @returns how many requests for its state the keys of its runtime cost, which a person asks for */
async function runSetup(world: World, setupId: string, sample: Sample): Promise<number> {
  world.settleEveryMs = HOUR_MS;
  await world.register(sample, `${sample.environment} ${setupId}`);
  const { dataFactory, tables } = world.endpoints.proxies;
  for (const { passed } of [dataFactory, tables]) passed.length = 0;
  await world.put(setupId, { ...sample, environment: `${sample.environment} ${setupId}` });
  await world.until(setupId, 'WaitingForRuntime');
  const before = tables.passed.length;
  await world.registerNode(setupId);
  const forKeys = tables.passed.length - before;
  await world.until(setupId, 'Ready');
  return forKeys;
}

async function costOf(
  world: World,
  setupId: string,
  sample: Sample,
  what: string,
  withAll: boolean,
): Promise<Figure[]> {
  const forKeys = await runSetup(world, setupId, sample);
  const asked = world.endpoints.proxies.dataFactory.passed;
  const starts = asked.filter(({ path }) => path.includes('/createRun'));
  const writes = asked.filter(({ method }) => method === 'PUT' || method === 'DELETE');
  const ofMethod = (method: string) => asked.filter((request) => request.method === method).length;
  const figures = [
    { name: `requests to Resource Manager, ${what}`, value: asked.length, bound: 24 },
    { name: `of these GET, ${what}`, value: ofMethod('GET'), bound: 24 },
    { name: `of these POST but createRun, ${what}`, value: ofMethod('POST') - starts.length, bound: 24 },
    { name: `of these PUT, DELETE and createRun, ${what}`, value: writes.length + starts.length, bound: 14 },
  ];
  if (!withAll) return figures;
  const { passed } = world.endpoints.proxies.tables;
  // The timer asks which waits are due, however many setups there are.
  const timers = passed.filter(({ path }) => path.includes('/waits()?')).length;
  const state = passed.length - timers - forKeys;
  return [
    ...figures,
    { name: 'state requests of a setup', value: state, bound: 80 },
    { name: 'the same, with the keys of its runtime', value: state + forKeys, bound: 90 },
    ...historyOf(world, setupId),
  ];
}

/**
 * What a setup leaves in the task hub. Messages by the model of the storage back end: two for an activity and for a child (it is
 * called, it answers), one for an event and for a timer, one for the start.
 */
function historyOf(world: World, setupId: string): Figure[] {
  const instances = world.hub.histories().filter(({ id }) => id.includes(`.${setupId}.`));
  const events = instances.flatMap((instance) => instance.events);
  const count = (kind: keyof typeof EventType) => events.filter((event) => event.EventType === EventType[kind]).length;
  const calls = count('TaskScheduled') + count('SubOrchestrationInstanceCreated');
  return [
    {
      name: 'queue messages of a setup',
      value: 1 + 2 * calls + count('EventRaised') + count('TimerCreated'),
      bound: 70,
    },
    { name: 'history batches of a setup', value: count('OrchestratorStarted'), bound: 46 },
    { name: 'history rows of a setup', value: events.length, bound: 180 },
  ];
}
