import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import type { activities } from '../../../orchestrators/contract.ts';
import type { Subject } from '../../../orchestrators/subjects.ts';
import { entityNames } from '../../../shared/factory/names.ts';
import { setupKey } from '../../../shared/setup/key.ts';
import { startIssuer, World } from '../../support/races/world.ts';
import type { Broken, Issuer } from '../../support/races/world.ts';
import { audit, newSetup } from '../../support/setup/stored-setup.ts';

const SCHEDULES = 100;
const SEED = 2026;

const { tenantId } = newSetup;
const factory = { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' };
const first = subjectOf('first-setup');
const second = subjectOf('second-setup');
/** The first one's own, which the second one reuses. */
const { runtime: runtimeName } = entityNames(first.key);

let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(() => issuer.stop());

function subjectOf(setupId: string): Subject {
  return { tenantId, setupId, attempt: 1, key: setupKey('https://races.example.com', { tenantId, setupId }) };
}

type Act = (world: World) => Promise<unknown>;

function act<Name extends keyof typeof activities>(
  name: Name,
  input: z.infer<(typeof activities)[Name]['input']>,
): Act {
  return (world) => runActivity(name, input, world.services, () => world.durable.client());
}

const instanceId = 'an orchestration';
const takePlace = (subject: Subject) => act('selectFactory', { ...subject, known: factory });
const givePlaceBack = (subject: Subject) => act('releaseFactory', { ...subject, entities: 0 });
const makeRuntime = (subject: Subject) => act('ensureRuntime', { ...subject, factory, instanceId });
const useRuntime = (subject: Subject) => act('ensureRuntime', { ...subject, factory, runtimeName, instanceId });
const leaveRuntime = (subject: Subject) => act('leaveRuntime', { ...subject, runtimeName, remove: true });

const strangerTakesPlace =
  (entities: number): Act =>
  async ({ services: { book } }) => {
    await book.measured(await book.get(factory), { entities, activeRuns: 0 });
    const stranger = { key: 'stranger', attempt: 1 };
    const view = await book.read([factory], stranger);
    for (const one of view.factories) await book.reserve(one, stranger, view);
  };
/** With the stranger's place, there is room for one more setup. */
const NEARLY_FULL = 4_975;

async function placesOf({ services: { book } }: World): Promise<number> {
  return (await book.get(factory)).reservations;
}

/** Who uses the runtime, as our rows say, and what of it the factory has. */
async function runtimeOf({ services: { runtimes }, factories }: World) {
  return { users: (await runtimes.get(tenantId, runtimeName))?.users, found: factories.names(runtimeName) };
}

const nothing = { users: undefined, found: [] };

/** Two setups of a tenant at one factory. */
interface Neighbours {
  readonly before: readonly Act[];
  readonly atOnce: readonly [Act, Act];
  /** What came of both holds in the end. */
  readonly expectEnd: (world: World, answers: readonly unknown[]) => Promise<void>;
}

const lastPlace: Neighbours = {
  before: [strangerTakesPlace(NEARLY_FULL)],
  atOnce: [takePlace(first), takePlace(second)],
  async expectEnd(world, answers) {
    expect(answers).toContainEqual(expect.objectContaining({ factory }));
    expect(answers).not.toEqual(answers.map(() => expect.objectContaining({ factory }) as unknown));
    expect(await placesOf(world)).toBe(2);
  },
};

const placesBack: Neighbours = {
  before: [strangerTakesPlace(0), takePlace(first), takePlace(second)],
  atOnce: [givePlaceBack(first), givePlaceBack(second)],
  expectEnd: async (world) => expect(await placesOf(world)).toBe(1),
};

const lastUser: Neighbours = {
  before: [makeRuntime(first)],
  atOnce: [leaveRuntime(first), useRuntime(second)],
  async expectEnd(world, [, answer]) {
    const isRefused = JSON.stringify(answer).includes('refused');
    const used = { users: [second.setupId], found: [`factory-one/integrationRuntimes/${runtimeName}`] };
    expect(await runtimeOf(world)).toEqual(isRefused ? nothing : used);
  },
};

const bothLeave: Neighbours = {
  before: [makeRuntime(first), useRuntime(second)],
  atOnce: [leaveRuntime(first), leaveRuntime(second)],
  expectEnd: async (world) => expect(await runtimeOf(world)).toEqual(nothing),
};

async function openWorld(before: readonly Act[], broken: Broken | undefined): Promise<World> {
  const world = new World(issuer, { broken });
  await world.begin();
  for (const subject of [first, second]) {
    await world.services.store.create({ ...newSetup, ...subject }, audit);
    await world.services.store.open(subject, 'run-1');
  }
  for (const prepare of before) await prepare(world);
  return world;
}

test('a runtime that its factory has lost is not made again for who wants to reuse it', async () => {
  const world = await openWorld([], undefined);
  expect(await useRuntime(second)(world)).toMatchObject({ kind: 'refused' });
  expect(await runtimeOf(world)).toEqual(nothing);
});

async function explore({ before, atOnce, expectEnd }: Neighbours, broken?: Broken): Promise<void> {
  const world = await openWorld(before, broken);
  const { stage } = world;
  const backToBegin = world.keep();
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    backToBegin();
    stage.scheduler = scheduler;
    const answers: unknown[] = [];
    atOnce.forEach((perform, index) => {
      void stage.enter(String(index), async () => {
        answers[index] = await perform(world);
      });
    });
    await stage.play();
    expect([...stage.failures]).toEqual([]);
    await expectEnd(world, answers);
  });
  try {
    await fc.assert(property, { numRuns: SCHEDULES, seed: SEED, endOnFailure: true });
  } finally {
    world[Symbol.dispose]();
  }
}

describe.each([
  ['one of two setups takes the last place of a factory', lastPlace, 'factories'],
  ['two places that are given back are free', placesBack, 'factories'],
  ['a runtime is there for who uses it, also when its last user leaves', lastUser, 'runtimes'],
  ['a runtime is gone when both of its users leave', bothLeave, 'runtimes'],
])('%s', (_what, neighbours, table) => {
  test('whatever comes between two steps', () => explore(neighbours));

  test('and schedules find that two changes do not see each other', async () => {
    await expect(explore(neighbours, { ignoresConditionsOf: table })).rejects.toThrow('Property failed');
  });
});
