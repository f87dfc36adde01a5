import { afterAll, beforeAll, expect, test } from 'vitest';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import type { activities } from '../../../orchestrators/contract.ts';
import { setupKey } from '../../../shared/setup/key.ts';
import { startIssuer, World } from '../../support/races/world.ts';
import type { Issuer } from '../../support/races/world.ts';
import { audit, milestone, newSetup } from '../../support/setup/stored-setup.ts';

const { tenantId, setupId } = newSetup;
const subject = { tenantId, setupId, attempt: 1, key: setupKey('https://races.example.com', { tenantId, setupId }) };
const factory = { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' };
const placed = { ...subject, factory };

let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(() => issuer.stop());

/** A setup whose attempt has come as far as its pipelines. */
async function openWorld(): Promise<World> {
  const world = new World(issuer);
  await world.begin();
  const { store, secrets } = world.services;
  await secrets.put(newSetup.secretName, 'password', subject);
  await store.create({ ...newSetup, ...subject }, audit);
  await store.open(subject, 'run-1');
  for (const name of ['factorySelected', 'runtimeCreated'] as const) await store.record(subject, milestone(name));
  return world;
}

function run(world: World, name: keyof typeof activities): Promise<unknown> {
  return runActivity(name, placed, world.services, () => world.durable.client());
}

/** Runs it while its attempt takes back what it made: all of that before the PUT of that number, or after the last one. */
async function runWhileUndone(world: World, name: keyof typeof activities, before: number): Promise<unknown> {
  const { factories } = world.services;
  const put = factories.put.bind(factories);
  let count = 0;
  const undo = async () => {
    await run(world, 'beginUndo');
    await run(world, 'removeEntities');
  };
  factories.put = async (...entity) => {
    count += 1;
    if (count === before) await undo();
    await put(...entity);
    if (count + 1 === before) await undo();
  };
  return run(world, name).finally(() => {
    factories.put = put;
  });
}

test.each(['putConnections', 'putPreparation', 'putReplication'] as const)(
  '%s leaves what it has put to an undo that has not come to the removal: its pipeline gives back the claims',
  async (name) => {
    const world = await openWorld();
    const { factories } = world.services;
    const put = factories.put.bind(factories);
    factories.put = async (...entity) => {
      await put(...entity);
      await run(world, 'beginUndo');
    };
    expect(await run(world, name)).toEqual({ stopped: 'superseded' });
    expect(world.factories.names(`mig_${subject.key}_`)).not.toEqual([]);
    await run(world, 'removeEntities');
    expect(world.factories.names(`mig_${subject.key}_`)).toEqual([]);
    world[Symbol.dispose]();
  },
);

test.each(['putConnections', 'putReplication'] as const)(
  'a second run of %s whose step the first one has recorded leaves nothing when the attempt is taken back meanwhile',
  async (name) => {
    const world = await openWorld();
    const { factories } = world.services;
    const put = factories.put.bind(factories);
    let isFirst = true;
    factories.put = async (...entity) => {
      if (isFirst) {
        isFirst = false;
        await run(world, name);
        await run(world, 'beginUndo');
        await run(world, 'removeEntities');
      }
      await put(...entity);
    };
    expect(await run(world, name)).toEqual({ stopped: 'superseded' });
    expect(world.factories.names(`mig_${subject.key}_`)).toEqual([]);
    world[Symbol.dispose]();
  },
);

test.each([
  ['putConnections', 3],
  ['putPreparation', 4],
  ['putReplication', 3],
] as const)('a late run of %s whose last put fails leaves nothing of the others', async (name, puts) => {
  const world = await openWorld();
  const { factories } = world.services;
  const put = factories.put.bind(factories);
  let count = 0;
  factories.put = async (...entity) => {
    count += 1;
    if (count === 1) {
      await run(world, 'beginUndo');
      await run(world, 'removeEntities');
    }
    if (count === puts) throw new Error('The factory does not answer');
    await put(...entity);
  };
  expect(await run(world, name)).toEqual({ stopped: 'superseded' });
  expect(world.factories.names(`mig_${subject.key}_`)).toEqual([]);
  world[Symbol.dispose]();
});

test.each([
  ['putConnections', 3],
  ['putPreparation', 4],
  ['putReplication', 3],
] as const)('a second run of %s leaves nothing when its attempt is taken back meanwhile', async (name, puts) => {
  const world = await openWorld();
  const backToBegin = world.keep();
  for (let before = 1; before <= puts + 1; before += 1) {
    backToBegin();
    expect(await runWhileUndone(world, name, before)).toEqual({ stopped: 'superseded' });
    expect(world.factories.names(`mig_${subject.key}_`)).toEqual([]);
  }
  world[Symbol.dispose]();
});
