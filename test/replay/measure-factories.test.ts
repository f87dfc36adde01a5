import { expect, test } from 'vitest';
import { handlers } from '../../orchestrators/handlers.ts';
import { play } from '../support/durable/replay.ts';
import { factories } from '../support/setup/setup-world.ts';

const nine = factories.flatMap((factory) => [1, 2, 3].map((n) => ({ ...factory, name: `${factory.name}-${n}` })));

test('all factories are counted, also when some do not answer', async () => {
  const asked: string[] = [];
  const measureFactory = ({ factory: { name } }: { factory: { name: string } }) => {
    asked.push(name);
    return name.endsWith('3') ? { measured: false, reason: 'does not answer' } : { measured: true };
  };
  const world = { orchestrations: handlers, activities: { measureFactory } };
  const { output } = await play(world, 'measureFactories', { factories: nine, offersMetrics: false });
  expect(output).toEqual({ measured: 6, problems: [] });
  expect(asked).toEqual(nine.map(({ name }) => name));
});

test('Azure Monitor is asked first where it is offered, once a subscription, and nothing hangs on what it says', async () => {
  const steps: string[] = [];
  const activities = {
    correctEntities: ({ factories: some }: { factories: readonly { subscriptionId: string; name: string }[] }) => {
      steps.push(`correct ${some.map(({ name }) => name).join(' ')}`);
      return { corrected: 0, problems: ['It refuses.'] };
    },
    measureFactory: ({ factory: { name } }: { factory: { name: string } }) => {
      steps.push(`measure ${name}`);
      return { measured: true };
    },
  };
  const three = nine.slice(0, 3).map((factory, index) => ({
    ...factory,
    subscriptionId: `00000000-0000-4000-8000-00000000000${index % 2}`,
  }));
  const names = three.map(({ name }) => name);
  const { output } = await play({ orchestrations: handlers, activities }, 'measureFactories', {
    factories: three,
    offersMetrics: true,
  });
  expect(output).toEqual({ measured: 3, problems: ['It refuses.', 'It refuses.'] });
  expect(steps).toEqual([
    `correct ${names[0]} ${names[2]}`,
    `correct ${names[1]}`,
    ...names.map((name) => `measure ${name}`),
  ]);
});
