import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { activities } from '../../../orchestrators/contract.ts';
import { record } from '../../../orchestrators/milestones.ts';
import { waitForAnswer } from '../../../orchestrators/waits.ts';
import { call, orchestrator, Stopped } from '../../../shared/durable.ts';
import { attemptIdSchema } from '../../../shared/setup/setup.ts';
import { onlineSchema } from '../../../shared/waits/wait.ts';
import { startIssuer, World } from '../../support/races/world.ts';
import type { Broken, Issuer } from '../../support/races/world.ts';
import { audit, milestone, newSetup } from '../../support/setup/stored-setup.ts';

const SCHEDULES = 250;
const SEED = 2026;
const HOUR = 3_600_000;
/** Between two runs of the timer. */
const TIMER_MS = 5_000;
/** So many that a node often registers after the looks; none where its answer shall meet a cancellation. */
const STEPS_OF_AN_INSTALLATION = 5;

const { tenantId, setupId, key } = newSetup;
const subject = { tenantId, setupId, attempt: 1, key };
const instance = `${tenantId}.${setupId}.1`;

let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});

afterAll(() => issuer.stop());

/** Waits for its runtime, and says what came of it. */
function waitingFor(factory: Issuer['settings']['MIGRATION_FACTORIES'][number]) {
  const contract = { name: 'waiting', input: attemptIdSchema.extend({ key: z.string() }), output: z.unknown() };
  return orchestrator(contract, function* (context, input) {
    try {
      const asked = { ...input, factory, instanceId: context.df.instanceId };
      const runtime = yield* call(context, activities.ensureRuntime, asked);
      if (runtime.kind !== 'present') throw new Error('There is no runtime');
      const online = { eventName: 'runtime', answer: onlineSchema, deadlineMs: 48 * HOUR } as const;
      const answer = yield* waitForAnswer(context, runtime, online);
      yield* record(context, input, milestone('runtimeOnline'));
      return answer;
    } catch (error) {
      if (error instanceof Stopped) yield* record(context, input, milestone('canceled'));
      throw error;
    }
  });
}

/** A world in which a setup is accepted and works, and the way back to it. */
async function openWorld(broken?: Broken) {
  const [factory] = issuer.settings.MIGRATION_FACTORIES;
  if (factory === undefined) throw new Error('There is a factory');
  const world = new World(issuer, { broken, orchestrations: { waiting: waitingFor(factory) } });
  await world.begin();
  await world.services.store.create(newSetup, audit);
  await world.services.store.open(subject, 'run-1');
  return { world, backToBegin: world.keep() };
}

/**
 * A setup has waited for ten hours, so that a pause is a quarter of an hour. The timer looks twice, somebody nudges, a node
 * registers and, if `canceling`, the attempt is cancelled: all at the same moment.
 * @returns what the orchestration has heard by the next run of the timer, 5 s later
 */
async function race(world: World, scheduler: fc.Scheduler, canceling: boolean): Promise<unknown> {
  const { stage, time, durable, factories } = world;
  factories.hasNodes = false;
  await durable.start('waiting', instance, subject);
  await stage.play();
  time.pass(10 * HOUR);
  stage.scheduler = scheduler;
  void stage.enter('look', () => world.look());
  void stage.enter('other look', () => world.look());
  void stage.enter('nudge', () => world.call('checkRuntime', setupId));
  if (canceling) void stage.enter('cancel', () => world.call('cancelSetup', setupId));
  void stage.enter('install', async () => {
    const steps = canceling ? 0 : STEPS_OF_AN_INSTALLATION;
    for (let step = 0; step < steps; step += 1) await stage.gate('install', () => undefined);
    await stage.gate('register', () => {
      factories.hasNodes = true;
    });
  });
  await stage.play();
  time.pass(TIMER_MS);
  void stage.enter('next look', () => world.look());
  await stage.play();
  // What has its answer is closed once the attempt has moved on.
  time.pass(TIMER_MS);
  void stage.enter('last look', () => world.look());
  await stage.play();
  expect([...stage.failures]).toEqual([]);
  expect(await world.services.waits.get(subject)).toBeUndefined();
  return durable.outputOf(instance);
}

async function explore(canceling: boolean, heard: readonly unknown[], broken?: Broken): Promise<void> {
  const { world, backToBegin } = await openWorld(broken);
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    backToBegin();
    expect(heard).toContainEqual(await race(world, scheduler, canceling));
  });
  try {
    await fc.assert(property, { numRuns: SCHEDULES, seed: SEED, endOnFailure: true });
  } finally {
    world[Symbol.dispose]();
  }
}

const online = { kind: 'online', nodes: [expect.anything()] };
const canceled = { stopped: 'canceled' };

test('no answer and no nudge is lost, whatever comes between two steps of a look', async () => {
  await explore(false, [online]);
}, 120_000);

test('no cancellation is lost, whatever comes between two steps of a look', async () => {
  // One that comes after the milestone is heard at the next one.
  await explore(true, [canceled, online]);
}, 120_000);

test('schedules find that two changes of a wait do not see each other', async () => {
  await expect(explore(false, [online], { ignoresConditionsOf: 'waits' })).rejects.toThrow('Property failed');
}, 120_000);
