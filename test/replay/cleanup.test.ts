import { describe, expect, test } from 'vitest';
import type { CleanupInput } from '../../shared/setup/attempt-input.ts';
import { milestones } from '../../shared/setup/states.ts';
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
  removeRuntime: false,
  removeSource: false,
  deadline: Date.UTC(2026, 10, 25),
};

const HOUR_MS = 60 * 60_000;

/** A world that notes when an activity ran, and with what. */
function observedWorld(replaced: World['activities'] = {}, events: World['events'] = {}) {
  const clock = { now: Date.UTC(2026, 10, 24) };
  const calls: { name: string; at: number; given: unknown }[] = [];
  const world = successfulWorld(replaced, events);
  const observed = Object.entries(world.activities).map(([name, run]) => [
    name,
    (given: never) => {
      calls.push({ name, at: clock.now, given });
      return run(given);
    },
  ]);
  return { ...world, activities: Object.fromEntries(observed) as World['activities'], clock, calls };
}

const failing = () => {
  throw new Error('the service does not answer');
};
const stays = 'integration runtime shir-0123456789ab';
const takenBack = {
  removed: ['mark in the environment', 'claims of both databases', 'everything'],
  left: [`${stays}, for the next attempt`],
};

describe('the cleanup of an attempt', () => {
  test('ends its orchestrations, then takes back newest first, and records the end', async () => {
    const world = observedWorld();
    const { steps, output } = await play(world, 'cleanup', input, world.clock);
    expect(output).toEqual({ state: 'Failed' });
    expect(steps).toEqual([
      'endInstances',
      'readCheckpoints',
      'cancelRuns',
      'clearEnvironmentMark',
      'holdsClaim',
      'restorePreparation',
      'startSourceUndo',
      'releaseClaims',
      'removeEntities',
      'readCheckpoints',
      'releaseFactory',
      'releaseEnvironment',
      'recordMilestone',
    ]);
    expect(world.milestones).toEqual([
      {
        name: 'failed',
        data: {
          failure: { code: 'StepFailed', cause: input.cause, remedy: expect.any(String) as string },
          ...takenBack,
        },
      },
    ]);
  });

  test('removes nothing until what was under way has ended', async () => {
    const world = observedWorld();
    await play(world, 'cleanup', input, world.clock);
    const at = (name: string) => world.calls.find((call) => call.name === name)?.at ?? 0;
    expect(at('cancelRuns') - at('endInstances')).toBe(60_000);
  });

  test('names its attempt and itself in everything that it does', async () => {
    const world = observedWorld();
    await play(world, 'cleanup', input, world.clock);
    for (const { given } of world.calls) {
      expect(given).toMatchObject({ tenantId, setupId, attempt: 3, key, cleanup: 2 });
    }
  });

  test('ends it as canceled if somebody wanted its end', async () => {
    const world = observedWorld();
    const played = await play(world, 'cleanup', { ...input, reason: 'canceled' }, world.clock);
    expect(played.output).toEqual({ state: 'Canceled' });
    expect(world.milestones).toEqual([
      { name: 'canceled', data: { ...takenBack, removed: [...takenBack.removed, 'container'] } },
    ]);
  });

  test.each([
    ['had no factory yet', { installs: false }, ['releaseFactory', 'releaseEnvironment']],
    [
      'has changed no database',
      { factory: factories[1], installs: false },
      ['cancelRuns', 'removeEntities', 'readCheckpoints', 'releaseFactory', 'releaseEnvironment'],
    ],
  ])('looks for nothing that it cannot have made when it %s', async (_what, checkpoints, expected) => {
    const world = observedWorld({ readCheckpoints: () => checkpoints });
    const { steps } = await play(world, 'cleanup', input, world.clock);
    expect(steps).toEqual(['endInstances', 'readCheckpoints', ...expected, 'recordMilestone']);
  });

  test('names what it could not take back, and takes back the rest', async () => {
    const world = observedWorld({ clearEnvironmentMark: failing });
    const { output } = await play(world, 'cleanup', input, world.clock);
    expect(output).toEqual({ state: 'Failed' });
    expect(world.milestones.at(-1)?.data).toMatchObject({
      removed: takenBack.removed.slice(1),
      left: [expect.stringContaining('mark in the environment: ') as string, ...takenBack.left],
    });
  });

  test.each(['clearEnvironmentMark', 'cancelRuns', 'releaseClaims', 'removeEntities', 'releaseFactory'])(
    'stops at %s and records nothing when another cleanup has followed',
    async (activity) => {
      const world = observedWorld({ [activity]: () => ({ stopped: 'superseded' }) });
      const { steps, output } = await play(world, 'cleanup', input, world.clock);
      expect(output).toEqual({ stopped: 'superseded' });
      expect(steps.at(-1)).toBe(activity);
      expect(world.milestones).toEqual([]);
    },
  );
});

describe('the cleanup of a whole setup', () => {
  const deletion: CleanupInput = { ...input, reason: 'deleted' };

  test('takes away everything that the setup made, the source with a preparation of its own', async () => {
    const world = observedWorld();
    const { steps, output } = await play(world, 'cleanup', deletion, world.clock);
    expect(output).toEqual({ state: 'Deleted' });
    expect(steps).toEqual([
      'endInstances',
      'readCheckpoints',
      'cancelRuns',
      'holdsPassword',
      'restoreConnections',
      'restorePreparation',
      'startSourceUndo',
      'readSourceRemoval',
      'removeFromDestination',
      'removeEntities',
      'removeStaging',
      'releaseFactory',
      'releaseEnvironment',
      'leaveRuntime',
      'removeSecret',
      'recordMilestone',
    ]);
    expect(world.milestones).toEqual([
      {
        name: 'deleted',
        data: {
          removed: [
            'objects in the source database',
            'objects in the environment',
            'everything',
            'container',
            'password in the vault',
          ],
          left: [`${stays}, as asked`],
        },
      },
    ]);
  });

  test.each([
    ['that nobody else uses, goes', (name: string) => [name], { removed: [stays.split(' ').at(-1)], left: [] }],
    ['that others use, stays', () => [], { removed: [], left: [`${stays}, which other setups use`] }],
  ])('the runtime, if asked for: one %s', async (_what, removedOf, expected) => {
    const world = observedWorld({
      leaveRuntime: ({ runtimeName, remove }: { runtimeName: string; remove: boolean }) => ({
        removed: remove ? removedOf(runtimeName) : [],
      }),
    });
    await play(world, 'cleanup', { ...deletion, removeRuntime: true }, world.clock);
    const { removed, left } = milestones.deleted.data.parse(world.milestones.at(-1)?.data);
    expect({ removed: removed.filter((name) => name.startsWith('shir-')), left }).toEqual(expected);
  });

  test('leaves each runtime that an attempt of the setup has used', async () => {
    const checkpoints = {
      factory: factories[1],
      runtimeName: 'shir-now',
      otherRuntimes: ['shir-before'],
      installs: true,
    };
    const world = observedWorld({ readCheckpoints: () => checkpoints });
    await play(world, 'cleanup', { ...deletion, removeRuntime: true }, world.clock);
    const leaves = world.calls.filter(({ name }) => name === 'leaveRuntime').map(({ given }) => given);
    expect(leaves).toMatchObject([{ runtimeName: 'shir-now' }, { runtimeName: 'shir-before' }]);
  });

  test('asks for the change tracking of the source as it was asked to', async () => {
    for (const removeSource of [true, false]) {
      const world = observedWorld();
      await play(world, 'cleanup', { ...deletion, removeSource }, world.clock);
      const start = world.calls.find(({ name }) => name === 'startSourceUndo');
      expect(start?.given).toMatchObject({ stage: 'remove', removeSource });
    }
  });

  test('does not look at the source again when an earlier cleanup had come as far as to remove its password', async () => {
    const world = observedWorld({ holdsPassword: () => ({ holds: false }) });
    const { steps, output } = await play(world, 'cleanup', deletion, world.clock);
    expect(output).toEqual({ state: 'Deleted' });
    expect(steps).not.toContain('startSourceUndo');
    const { left } = milestones.deleted.data.parse(world.milestones.at(-1)?.data);
    expect(left[0]).toContain('its password is gone');
  });

  const refused = { kind: 'ended', status: 'Failed', message: 'the source does not answer' };

  test('leaves what could not be taken away to the next cleanup, after a pause that grows', async () => {
    for (const [number, pause] of [
      [1, 60_000],
      [2, 120_000],
      [20, HOUR_MS],
    ] as const) {
      const world = observedWorld({}, { remove: () => refused });
      const played = await play(world, 'cleanup', { ...deletion, cleanup: number }, world.clock);
      expect(played.output).toEqual({ state: 'Deleting' });
      expect(world.clock.now - (world.calls.at(-1)?.at ?? 0)).toBe(pause);
      expect(world.milestones).toEqual([]);
    }
  });

  test('gives up after the deadline, and says what is left', async () => {
    const world = observedWorld({}, { remove: () => refused });
    const late = { ...deletion, deadline: world.clock.now };
    expect(await play(world, 'cleanup', late, world.clock)).toMatchObject({ output: { state: 'Failed' } });
    const reason = `objects in the source database: ${refused.message}`;
    // Without its runtime and its password nothing would reach the source any more.
    const kept = ['place in the factory', 'claim of the environment', stays, 'password in the vault'];
    const left = [reason, ...kept.map((what) => `${what}, for the next try`)];
    expect(world.milestones).toMatchObject([{ name: 'deletionFailed', data: { failure: { cause: reason }, left } }]);
  });
});
