/** Setups that are deleted: what goes, what stays and is named, and what the next attempt begins with. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Sample } from '../../local/stack/databases.ts';
import { trackChanges } from '../support/track-changes.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

let world: World;
let sample: Sample;

beforeAll(async () => {
  world = await startWorld({ samples: ['SqlServer'] });
  [sample] = world.endpoints.databases.samples;
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});
beforeEach(() => {
  world.settleEveryMs = 30_000;
});

async function becomeReady(setupId: string): Promise<void> {
  await world.begin(setupId, sample);
  const { state } = await world.until(setupId, 'WaitingForRuntime', 'Ready');
  if (state === 'WaitingForRuntime') await world.registerNode(setupId);
  expect((await world.until(setupId, 'Ready', 'Failed')).state).toBe('Ready');
}

/** Everything outside the state store that a setup changes. */
async function surroundings() {
  return {
    entities: await world.inspect.entities(),
    secrets: await world.inspect.secrets(),
    source: await world.inspect.catalogue(sample, 'source'),
    destination: await world.inspect.catalogue(sample, 'destination'),
  };
}

describe('delete', () => {
  test('of a ready setup leaves everything as it was, and the next attempt goes on in its numbers', async () => {
    const setupId = 'removed';
    // One company is known in the environment already: its row is updated, and is not ours.
    await sample.execute(
      'destination',
      `INSERT INTO [dbo].[Hybrid Company$58623bfa-0559-4bc2-ae1c-0979c29fd9e0] ([Name])
       VALUES (N'CRONUS International Ltd_')`,
    );
    const before = await surroundings();
    await becomeReady(setupId);
    await sample.execute('source', trackChanges);
    const answer = await world.delete(setupId, { removeSource: 'true' });
    expect(answer.status).toBe(202);
    await world.until(setupId, 'Deleted', 'Failed');
    const operation = await world.call('GET', `operations/${String(answer.headers['operation-id'])}`);
    expect(operation.body).toMatchObject({ status: 'Succeeded' });

    expect(await surroundings()).toEqual(before);
    const { key } = await world.head(setupId);
    const { removed, left } = (await world.recorded(setupId, 1, 'deleted_1')) ?? {};
    expect(removed).toContain(`shir-${key}`);
    expect(left).toEqual(['Display Name and Estimated Size of the company CRONUS International Ltd_']);
    expect(await violations(world)).toEqual([]);

    await becomeReady(setupId);
    expect((await world.head(setupId)).attempt).toBe(2);
    expect(await violations(world)).toEqual([]);
    await sample.execute('source', trackChanges);
    await world.delete(setupId);
    expect((await world.until(setupId, 'Deleted', 'Failed')).state).toBe('Deleted');
    expect((await world.recorded(setupId, 2, 'deleted_1'))?.['left']).toEqual(
      expect.arrayContaining([expect.stringContaining('change tracking of')]),
    );
    expect(await violations(world)).toEqual([]);
  });

  test('of a running setup cancels it first; the runtime stays as asked', async () => {
    const setupId = 'never-ready';
    await world.begin(setupId, sample);
    await world.until(setupId, 'WaitingForRuntime');
    expect((await world.delete(setupId, { keepRuntime: 'true' })).status).toBe(202);
    const { key, state } = await world.until(setupId, 'Deleted', 'Failed');
    expect(state).toBe('Deleted');
    expect((await world.recorded(setupId, 1, 'deleted_1'))?.['left']).toEqual([
      `integration runtime shir-${key}, as asked`,
    ]);
    expect((await world.inspect.entities()).map((name) => name.split('/').at(-1))).toEqual([`shir-${key}`]);
    expect(await violations(world)).toEqual([]);
  });

  test('goes on until the source can be reached again', async () => {
    const setupId = 'unreachable';
    await becomeReady(setupId);
    await world.nodes.get(setupId)?.stop();
    await world.delete(setupId, { removeSource: 'true' });
    world.settleEveryMs = 600_000;
    await world.advance(3 * 3_600_000);
    expect((await world.head(setupId)).state).toBe('Deleting');
    await world.nodes.get(setupId)?.start();
    expect((await world.until(setupId, 'Deleted', 'Failed')).state).toBe('Deleted');
    expect(await violations(world)).toEqual([]);
  });

  test('gives up after a day, names what is left, and can be asked for again', async () => {
    const setupId = 'unreachable-for-long';
    await becomeReady(setupId);
    await world.nodes.get(setupId)?.stop();
    const asked = world.clock.now();
    await world.delete(setupId);
    world.settleEveryMs = 3_600_000;
    const failed = await world.until(setupId, 'Deleted', 'Failed');
    expect(failed).toMatchObject({ state: 'Failed', failure: { code: 'DeletionFailed' } });
    expect(world.clock.now() - asked).toBeGreaterThanOrEqual(24 * 3_600_000);
    const { left } = (await world.recorded(setupId, 1, 'deletionFailed_1')) ?? {};
    expect(left).toEqual(
      expect.arrayContaining([
        expect.stringContaining('objects in the source database'),
        expect.stringContaining('password in the vault'),
      ]),
    );
    await world.nodes.get(setupId)?.start();
    world.settleEveryMs = 30_000;
    expect((await world.delete(setupId)).status).toBe(202);
    expect((await world.until(setupId, 'Deleted', 'Failed')).state).toBe('Deleted');
    expect(await violations(world)).toEqual([]);
  });
});
