import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { EventType } from '../../../local/host/durable/history.ts';
import type { ActivityFault, Faults } from '../../support/durable/faults.ts';
import { programApp } from '../../support/durable/program-check.ts';
import { FAILED, programOf, type Step } from '../../support/durable/program.ts';
import { NotDeterministic } from '../../support/durable/replay.ts';
import { TaskHub } from '../../support/durable/task-hub.ts';

let hub: TaskHub;
afterEach(() => hub.close());

const call: Step = { kind: 'one', task: { kind: 'call', failures: 0 }, caught: true };
const retry = { attempts: 2, interval: 60_000, coefficient: 1 };
const retried: Step = { kind: 'one', task: { kind: 'retried', failures: 0, retry }, caught: true };
const sleep: Step = { kind: 'one', task: { kind: 'sleep', duration: 60_000 }, caught: true };

/** A hub whose activity counts its effects, with faults. */
async function openHub(faults: Faults): Promise<{ effects: number }> {
  const counted = { effects: 0 };
  const effect = (): string => {
    counted.effects += 1;
    return 'done';
  };
  hub = await TaskHub.open({ appDirectory: programApp, activities: { effect }, faults });
  return counted;
}

async function run(...steps: Step[]): Promise<unknown> {
  const { output } = await hub.untilEnd(await hub.start('program', programOf('p', steps)));
  return output;
}

/** The fault at the first run of an activity only. */
function once(fault: ActivityFault): Faults {
  const faults = [fault];
  return { activity: () => faults.shift() };
}

describe('a fault of an activity', () => {
  test.each([
    ['fail before', 0, FAILED],
    ['fail after', 1, FAILED],
    ['kill before', 1, 'done'],
    ['kill after', 2, 'done'],
    ['run twice', 2, 'done'],
  ] as const)('%s leaves %i effects and is seen as %s', async (fault, effects, result) => {
    const counted = await openHub(once(fault));
    expect(await run(call)).toEqual([result]);
    expect(counted.effects).toBe(effects);
  });

  test('is told with the name, the input and the instance of the run', async () => {
    const runs: object[] = [];
    await openHub({ activity: (activityRun) => void runs.push(activityRun) });
    await hub.untilEnd(await hub.start('program', programOf('p', [call]), 'one'));
    expect(runs).toEqual([{ name: 'effect', input: { path: 'p.0.0', failures: 0 }, instanceId: 'one' }]);
  });

  test('that is retried takes the time of the retry', async () => {
    await openHub(once('fail after'));
    const begin = hub.clock.now();
    expect(await run(retried)).toEqual(['done']);
    expect(hub.clock.now() - begin).toBe(60_000);
  });
});

describe('a fault of a message', () => {
  test('a second delivery changes nothing', async () => {
    await openHub({ message: () => 'deliver twice' });
    expect(await run(call, sleep, call)).toEqual(['done', null, 'done']);
  });

  test('a delay delays what it is about', async () => {
    const isCompletion = (type: number): boolean => type === EventType.TaskCompleted;
    await openHub({ message: ({ event }) => (isCompletion(event.EventType) ? { delay: 5_000 } : undefined) });
    const begin = hub.clock.now();
    await run(call, call);
    expect(hub.clock.now() - begin).toBe(10_000);
  });
});

describe('time', () => {
  test('stands still until it is moved', async () => {
    await openHub({});
    const id = await hub.start('program', programOf('p', [sleep]));
    await hub.advance(59_999);
    expect(hub.histories().map(({ status }) => status)).toEqual(['Running']);
    await hub.advance(1);
    expect(await hub.untilEnd(id)).toEqual({ status: 'Completed', output: [null] });
  });

  test('does not bring an event', async () => {
    await openHub({});
    const wait: Step = { kind: 'one', task: { kind: 'wait', raisedAfter: 0 }, caught: true };
    const id = await hub.start('program', programOf('p', [wait]));
    await expect(hub.untilEnd(id)).rejects.toThrow('waits for something that time does not bring');
    await hub.raiseEvent(id, 'p.0.0', 'here');
    expect((await hub.untilEnd(id)).output).toEqual(['here']);
  });
});

test('a kill of the host loses nothing', async () => {
  await openHub({});
  const id = await hub.start('program', programOf('p', [call, sleep, call]));
  hub.kill();
  await hub.advance(30_000);
  hub.kill();
  expect(await hub.untilEnd(id)).toEqual({ status: 'Completed', output: ['done', null, 'done'] });
});

describe('an activity with a durable client', () => {
  const functionsApp = path.join(import.meta.dirname, '../fixtures/functions-app');
  const settings = { TASKHUB_NAME: 'Hub' };

  test('starts, raises events, terminates, asks and purges', async () => {
    hub = await TaskHub.open({ appDirectory: functionsApp, settings });
    expect(await hub.untilEnd(await hub.start('managing', null))).toEqual({
      status: 'Completed',
      output: [
        ['Completed', { approved: 'theirs' }, { instancesDeleted: 1 }],
        ['Terminated', 'no use', { instancesDeleted: 1 }],
      ],
    });
  });

  test('reaches the engine that follows a kill', async () => {
    const faults: (ActivityFault | undefined)[] = ['kill after', undefined, undefined, 'kill before'];
    hub = await TaskHub.open({
      appDirectory: functionsApp,
      settings,
      faults: { activity: ({ name }) => (name === 'manage' ? faults.shift() : undefined) },
    });
    const id = await hub.start('raisingTwice', null);
    expect(await hub.untilEnd(id)).toEqual({ status: 'Completed', output: 'Running' });
  });
});

test('an orchestrator that schedules other inputs in a replay is found', async () => {
  const drifting = path.join(import.meta.dirname, '../fixtures/drifting-app');
  hub = await TaskHub.open({ appDirectory: drifting });
  const id = await hub.start('drifting', null);
  await expect(hub.untilEnd(id)).rejects.toThrow(NotDeterministic);
});

test('the built app is opened with the settings it is given', async () => {
  const root = path.join(import.meta.dirname, '../../..');
  const { Values } = (await import('../../../local.settings.sample.json', { with: { type: 'json' } })).default;
  hub = await TaskHub.open({ appDirectory: root, settings: Values });
  expect(hub.app.functions.map(({ name }) => name)).toContain('setup');
});
