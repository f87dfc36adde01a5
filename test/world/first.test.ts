import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

let world: World;
beforeAll(async () => {
  const t = performance.now();
  world = await startWorld({ samples: ['AzureSql', 'SqlServer'] });
  console.log('start', performance.now() - t);
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});
test('ready azure', async () => {
  let t = performance.now();
  const [sample, second] = world.endpoints.databases.samples;
  await world.begin('first', sample);
  console.log('put', performance.now() - t);
  t = performance.now();
  const head = await world.until('first', 'Ready', 'Failed');
  console.log(
    'until',
    performance.now() - t,
    head.failure,
    (Date.now() - Date.parse(head.createdAt)) / 1000,
    world.timerErrors,
  );
  expect(head.state).toBe('Ready');
  t = performance.now();
  await world.begin('second', second!);
  await world.until('second', 'WaitingForRuntime');
  await world.registerNode('second');
  const two = await world.until('second', 'Ready', 'Failed');
  console.log(
    'until',
    performance.now() - t,
    two.failure,
    (Date.now() - Date.parse(two.createdAt)) / 1000,
    world.timerErrors,
  );
  expect(two.state).toBe('Ready');
});
