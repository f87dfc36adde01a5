import { describe, expect, test } from 'vitest';
import type { CleanupInput } from '../../shared/setup/attempt-input.ts';
import { play } from '../support/durable/replay.ts';
import type { World } from '../support/durable/replay.ts';
import { factories, setupInput, successfulWorld } from '../support/setup/setup-world.ts';

const { tenantId, setupId, key } = setupInput;
const input: CleanupInput = {
  tenantId,
  setupId,
  attempt: 3,
  key,
  cleanup: 2,
  reason: 'failed',
  cause: 'The orchestration of the attempt ended as Terminated without a result.',
  factories,
};

const removed = { removed: ['mark in the environment', 'everything'], left: [] };

/** A world that notes when an activity ran, and with what. */
function observedWorld(replaced: World['activities'] = {}) {
  const clock = { now: Date.UTC(2026, 10, 24) };
  const calls: { name: string; at: number; given: unknown }[] = [];
  const world = successfulWorld(replaced);
  const observed = Object.entries(world.activities).map(([name, run]) => [
    name,
    (given: never) => {
      calls.push({ name, at: clock.now, given });
      return run(given);
    },
  ]);
  return { ...world, activities: Object.fromEntries(observed) as World['activities'], clock, calls };
}

describe('a cleanup', () => {
  test('ends the orchestrations, then takes back newest first, and records the end', async () => {
    const world = observedWorld();
    const { steps, output } = await play(world, 'cleanup', input, world.clock);
    expect(output).toEqual({ state: 'Failed' });
    expect(steps).toEqual([
      'endInstances',
      'readCheckpoints',
      'clearEnvironmentMark',
      'cancelRuns',
      'removeEntities',
      'releaseFactory',
      'recordMilestone',
    ]);
    expect(world.milestones).toMatchObject([
      { name: 'failed', data: { failure: { code: 'StepFailed', cause: input.cause }, ...removed } },
    ]);
  });

  test('removes nothing until what was under way has ended', async () => {
    const world = observedWorld();
    await play(world, 'cleanup', input, world.clock);
    const at = (name: string) => world.calls.find((call) => call.name === name)?.at ?? 0;
    expect(at('clearEnvironmentMark') - at('endInstances')).toBe(60_000);
  });

  test('names its attempt and itself in everything that it does', async () => {
    const world = observedWorld();
    await play(world, 'cleanup', input, world.clock);
    expect(world.calls).toHaveLength(7);
    for (const { given } of world.calls)
      expect(given).toMatchObject({ tenantId, setupId, attempt: 3, key, cleanup: 2 });
  });

  test('of an attempt whose end somebody wanted ends it as canceled', async () => {
    const world = observedWorld();
    const played = await play(world, 'cleanup', { ...input, reason: 'canceled' }, world.clock);
    expect(played.output).toEqual({ state: 'Canceled' });
    expect(world.milestones).toEqual([{ name: 'canceled', data: removed }]);
  });

  test('of an attempt that had no factory yet looks for nothing in one', async () => {
    const world = observedWorld({ readCheckpoints: () => ({}) });
    const { steps } = await play(world, 'cleanup', input, world.clock);
    expect(steps.filter((step) => step !== 'recordMilestone')).toEqual([
      'endInstances',
      'readCheckpoints',
      'clearEnvironmentMark',
      'releaseFactory',
    ]);
  });

  test('names what it could not take back', async () => {
    const failing = () => {
      throw new Error('the destination does not answer');
    };
    const world = observedWorld({ clearEnvironmentMark: failing });
    const { output } = await play(world, 'cleanup', input, world.clock);
    expect(output).toEqual({ state: 'Failed' });
    expect(world.milestones.at(-1)?.data).toMatchObject({
      removed: ['everything'],
      left: [expect.stringContaining('mark in the environment: ') as string],
    });
  });

  test.each(['clearEnvironmentMark', 'cancelRuns', 'removeEntities', 'releaseFactory'])(
    'that another one has followed stops at %s and records nothing',
    async (activity) => {
      const world = observedWorld({ [activity]: () => ({ stopped: 'superseded' }) });
      const { steps, output } = await play(world, 'cleanup', input, world.clock);
      expect(output).toEqual({ stopped: 'superseded' });
      expect(steps.at(-1)).toBe(activity);
      expect(world.milestones).toEqual([]);
    },
  );
});
