import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openWait } from '../../../orchestrators/activities/waits.ts';
import type { Services } from '../../../shared/services.ts';
import { instanceIdOf } from '../../../shared/setup/setup.ts';
import { lookNow, raiseCanceled } from '../../../shared/waits/look.ts';
import type { NewWait } from '../../../shared/waits/wait.ts';
import { milestone } from '../../support/setup/stored-setup.ts';
import { factory, startWaitingWorld } from '../../support/waits/waiting-world.ts';
import type { WaitingWorld } from '../../support/waits/waiting-world.ts';

const HOUR = 3_600_000;
const online = { kind: 'online', nodes: [{ name: 'node-1', version: expect.any(String) as string }] };
const canceled = { kind: 'canceled' };

let world: WaitingWorld;
let services: Services;
let count = 0;

beforeAll(async () => {
  world = await startWaitingWorld();
  // What is tested uses no other gateway.
  services = world.services as Services;
});

afterAll(() => world.stop());

beforeEach(() => {
  count += 1;
  world.outage = undefined;
  world.questions.length = 0;
  world.logged.length = 0;
});

const newId = () => `setup-${count}`;
const open = async (wait: NewWait) => openWait(services, await services.store.require(wait), wait, true);
const rowOf = (wait: NewWait) => services.waits.get(wait);
const payloads = ({ instanceId }: NewWait) => world.raised(instanceId).map(({ payload }) => payload);

describe('a wait for a runtime', () => {
  test('of 24 h without a node costs 150 questions, and finds the node then', async () => {
    const wait = await world.wait(newId());
    const end = world.clock.now() + 24 * HOUR;
    await open(wait);
    for (;;) {
      const due = (await rowOf(wait))?.due.getTime() ?? 0;
      if (due > end) break;
      await world.nextLook(wait.setupId);
    }
    expect(world.questions).toHaveLength(150);
    expect(payloads(wait)).toEqual([]);
    await world.registerNode(`shir-${wait.setupId}`);
    await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([online]);
    await services.waits.close(wait);
  });

  test.each([429, 503])('outlives ten minutes in which Data Factory answers %i', async (status) => {
    const wait = await world.wait(newId());
    await world.clock.advance(HOUR);
    await world.look();
    world.outage = status;
    const end = world.clock.now() + 600_000;
    await world.registerNode(`shir-${wait.setupId}`);
    while (world.clock.now() < end) await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([]);
    expect(world.logged.filter((line) => line.includes(factory.name))).not.toEqual([]);
    world.outage = undefined;
    await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([online]);
    await services.waits.close(wait);
  });

  test.each(['Terminated', 'Failed', undefined])(
    'has its setup looked at by the timer within a quarter of an hour after its orchestration is %s',
    async (status) => {
      const wait = await world.wait(newId());
      const instance = instanceIdOf(wait);
      const isDue = async () => (await services.active.due()).some(({ setupId }) => setupId === wait.setupId);
      // The setup waits for days, and the timer leaves it alone for hours.
      await world.clock.advance(72 * HOUR);
      const due = new Date(world.clock.now() + 6 * HOUR);
      await services.active.postpone((await services.active.due()).map((setup) => ({ setup, due })));
      await world.look();
      expect(await isDue()).toBe(false);
      if (status === undefined) world.statuses.delete(instance);
      else world.statuses.set(instance, status);
      const dead = world.clock.now();
      await world.nextLook(wait.setupId);
      expect(world.clock.now() - dead).toBeLessThanOrEqual(15 * 60_000);
      expect(await isDue()).toBe(true);
      await services.waits.close(wait);
    },
  );

  test('whose answer nobody hears has its setup looked at by the timer', async () => {
    const wait = await world.wait(newId());
    world.statuses.set(instanceIdOf(wait), 'Failed');
    await services.active.postpone(
      (await services.active.due()).map((setup) => ({ setup, due: new Date(world.clock.now() + 6 * HOUR) })),
    );
    await world.registerNode(`shir-${wait.setupId}`);
    await world.nextLook(wait.setupId);
    expect((await services.active.due()).map(({ setupId }) => setupId)).toContain(wait.setupId);
  });

  test('is told of its answer once, and closed', async () => {
    const wait = await world.wait(newId());
    await world.registerNode(`shir-${wait.setupId}`);
    await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([online]);
    expect(await rowOf(wait)).toBeUndefined();
    await world.clock.advance(HOUR);
    await world.look();
    expect(payloads(wait)).toHaveLength(1);
  });

  test('is told again by the timer of an answer whose finder came to no end', async () => {
    const wait = await world.wait(newId());
    await world.registerNode(`shir-${wait.setupId}`);
    world.gate = (step, send) => (step === 'DELETE row' ? Promise.reject(new Error('The host dies')) : send());
    await expect(world.nextLook(wait.setupId)).rejects.toThrow('The host dies');
    world.gate = (_step, send) => send();
    await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([online, online]);
    expect(await rowOf(wait)).toBeUndefined();
  });

  test('is not opened for a runtime that is online', async () => {
    const wait = await world.wait(newId());
    await services.waits.close(wait);
    await world.registerNode(`shir-${wait.setupId}`);
    expect(await open(wait)).toEqual({ answer: online });
    expect(await rowOf(wait)).toBeUndefined();
  });

  test('is opened although Data Factory does not answer', async () => {
    const wait = await world.wait(newId());
    world.outage = 503;
    expect(await open(wait)).toEqual({});
    expect(await rowOf(wait)).toBeDefined();
    await services.waits.close(wait);
  });

  test('of an attempt that has ended is closed without a question', async () => {
    const wait = await world.wait(newId());
    await services.store.record(wait, milestone('failed'));
    await world.nextLook(wait.setupId);
    expect(await rowOf(wait)).toBeUndefined();
    expect(world.questions).toEqual([]);
  });
});

describe('waits for pipeline runs', () => {
  test('of one factory are asked for with one question, also when it does not answer', async () => {
    const target = (index: number) =>
      ({ kind: 'run', factory, pipeline: `mig_${index}_prepare`, runId: `run-${index}` }) as const;
    const waits: NewWait[] = [];
    for (let index = 0; index < 40; index += 1) {
      waits.push(await world.wait(`${newId()}-${index}`, { eventName: 'assess', target: target(index) }));
    }
    await world.nextLook(waits[0]?.setupId ?? '');
    expect(world.questions).toEqual([`${factory.name}/queryPipelineRuns`]);
    world.outage = 503;
    await world.clock.advance(HOUR);
    await world.look();
    expect(world.questions).toHaveLength(2);
    expect(world.logged).toEqual([expect.stringContaining(`${factory.name} does not answer`)]);
    for (const wait of waits) await services.waits.close(wait);
  });
});

describe('a nudge', () => {
  test('finds a node at once, once a second', async () => {
    const wait = await world.wait(newId());
    await world.clock.advance(24 * HOUR);
    const nudge = async () => lookNow(services, world.client, await services.store.require(wait));
    expect(await nudge()).toMatchObject({ result: 'notYet' });
    await world.registerNode(`shir-${wait.setupId}`);
    expect(await nudge()).toMatchObject({ result: 'justLooked' });
    expect(world.questions).toHaveLength(1);
    await world.clock.advance(1_000);
    expect(await nudge()).toMatchObject({ result: 'found', answer: online });
    expect(world.questions).toHaveLength(2);
    expect(payloads(wait)).toEqual([online]);
    await services.waits.close(wait);
    expect(await nudge()).toBeUndefined();
  });

  test('that Data Factory does not answer shortens the pause all the same', async () => {
    const wait = await world.wait(newId());
    await world.clock.advance(24 * HOUR);
    await world.look();
    world.outage = 429;
    await world.clock.advance(1_000);
    const setup = await services.store.require(wait);
    expect(await lookNow(services, world.client, setup)).toMatchObject({ result: 'unanswered' });
    expect((await rowOf(wait))?.due.getTime()).toBeLessThanOrEqual(world.clock.now() + 5_000);
    await services.waits.close(wait);
  });
});

describe('a cancellation', () => {
  test('is told by the timer when its request found no wait', async () => {
    const wait = await world.wait(newId());
    await services.store.record(wait, milestone('cancelRequested'));
    await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([canceled]);
    expect(world.questions).toEqual([]);
    expect(await rowOf(wait)).toBeUndefined();
  });

  test('is told by the timer when the wait was opened after it', async () => {
    const wait = await world.wait(newId());
    await services.waits.close(wait);
    await services.store.record(wait, milestone('cancelRequested'));
    expect(await open(wait)).toEqual({});
    await world.nextLook(wait.setupId);
    expect(payloads(wait)).toEqual([canceled]);
    expect(world.questions).toHaveLength(1);
  });

  test('is told at once by its request, and the wait is closed', async () => {
    const wait = await world.wait(newId());
    const row = await rowOf(wait);
    if (row === undefined) throw new Error('The wait is open');
    await raiseCanceled(services, world.client, row);
    expect(payloads(wait)).toEqual([canceled]);
    expect(await rowOf(wait)).toBeUndefined();
  });
});
