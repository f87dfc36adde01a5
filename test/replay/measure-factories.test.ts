import { expect, test } from 'vitest';
import { handlers } from '../../orchestrators/handlers.ts';
import { play } from '../support/durable/replay.ts';
import { factories } from '../support/setup/setup-world.ts';

test('all factories are counted, also when some do not answer', async () => {
  const asked: string[] = [];
  const measureFactory = ({ factory: { name } }: { factory: { name: string } }) => {
    asked.push(name);
    return name.endsWith('3') ? { measured: false, reason: 'does not answer' } : { measured: true };
  };
  const nine = factories.flatMap((factory) => [1, 2, 3].map((n) => ({ ...factory, name: `${factory.name}-${n}` })));
  const world = { orchestrations: handlers, activities: { measureFactory } };
  const { output } = await play(world, 'measureFactories', { factories: nine });
  expect(output).toEqual({ measured: 6 });
  expect(asked).toEqual(nine.map(({ name }) => name));
});
