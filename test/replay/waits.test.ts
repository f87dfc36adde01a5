import { afterEach, describe, expect, test } from 'vitest';
import { settingsSchema } from '../../shared/config.ts';
import { milestones } from '../../shared/setup/states.ts';
import { answerWaits, recordedSetup, setupApp } from '../support/setup/setup-histories.ts';
import { answers, setupInput, successfulWorld } from '../support/setup/setup-world.ts';
import type { Recorded } from '../support/setup/setup-world.ts';
import { TaskHub } from '../support/durable/task-hub.ts';

// After every settling the hub replays each history from the start, and compares what the code schedules.

const DAY_MS = 86_400_000;
const LONGEST_WAIT_SECONDS = (settingsSchema.shape.MIGRATION_RUNTIME_WAIT_HOURS.unwrap().maxValue ?? 0) * 3600;
const canceled = { kind: 'canceled' };

let hub: TaskHub | undefined;
afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

interface Waiting extends Recorded {
  readonly hub: TaskHub;
  raise(eventName: keyof typeof answers, payload?: unknown): Promise<void>;
}

/** Starts a setup, which then waits for its runtime. */
async function startSetup(runtimeWaitSeconds = 3600): Promise<Waiting> {
  const { activities, milestones: recorded, calls } = successfulWorld();
  const opened = await TaskHub.open({ appDirectory: setupApp, activities });
  hub = opened;
  await opened.start('setup', { ...setupInput, runtimeWaitSeconds }, recordedSetup);
  await opened.settle();
  return {
    hub: opened,
    milestones: recorded,
    calls,
    async raise(eventName, payload = answers[eventName]) {
      const part = eventName === 'runtime' ? 'runtimeRegistration' : 'preparation';
      await opened.raiseEvent(`${recordedSetup}.${part}`, eventName, payload);
      await opened.settle();
    },
  };
}

const lastOf = ({ calls }: Recorded) => calls.at(-1)?.name;
const namesOf = ({ milestones: recorded }: Recorded) => recorded.map(({ name }) => name);
const failureOf = ({ milestones: recorded }: Recorded) => milestones.failed.data.parse(recorded.at(-1)?.data).failure;

describe('a wait', () => {
  test('ends by its event, and leaves no timer that keeps the setup from its end', async () => {
    const setup = await startSetup();
    const begin = setup.hub.clock.now();
    await answerWaits(setup.hub);
    expect(await setup.hub.untilEnd(recordedSetup)).toMatchObject({ output: { state: 'Ready' } });
    expect(setup.hub.clock.now()).toBe(begin);
  });

  test('ends at its deadline, not before', async () => {
    const setup = await startSetup(3600);
    await setup.hub.advance(3_599_000);
    expect(lastOf(setup)).toBe('ensureRuntime');
    await setup.hub.advance(1_000);
    expect(namesOf(setup).at(-1)).toBe('failed');
    expect(failureOf(setup)).toMatchObject({ code: '52071' });
  });

  test('takes the first of two events, and the second one does nothing', async () => {
    const setup = await startSetup();
    await setup.raise('runtime');
    await setup.raise('runtime', { kind: 'online', nodes: [] });
    await setup.raise('runtime', canceled);
    await answerWaits(setup.hub);
    expect(await setup.hub.untilEnd(recordedSetup)).toMatchObject({ output: { state: 'Ready' } });
    expect(setup.calls.find(({ name }) => name === 'putConnections')?.input).toMatchObject({
      runtime: { nodes: answers.runtime.nodes },
    });
  });

  test('takes an event that came before it', async () => {
    const setup = await startSetup();
    await setup.raise('runtime');
    await setup.raise('install');
    expect(lastOf(setup)).toBe('startPreparation');
    await setup.raise('assess');
    expect(await setup.hub.untilEnd(recordedSetup)).toMatchObject({ output: { state: 'Ready' } });
  });

  test('takes no event after its deadline', async () => {
    const setup = await startSetup(3600);
    await setup.hub.advance(3_600_000);
    await setup.raise('runtime');
    expect(await setup.hub.untilEnd(recordedSetup)).toMatchObject({ output: { state: 'Failed' } });
    expect(setup.calls.map(({ name }) => name)).not.toContain('putConnections');
  });

  test.each([['runtime'], ['assess'], ['install']] as const)('for %s ends when the setup is canceled', async (last) => {
    const setup = await startSetup();
    for (const eventName of ['runtime', 'assess', 'install'] as const) {
      await setup.raise(eventName, eventName === last ? canceled : undefined);
      if (eventName === last) break;
    }
    expect(await setup.hub.untilEnd(recordedSetup)).toMatchObject({ output: { state: 'Canceled' } });
    expect(namesOf(setup).at(-1)).toBe('canceled');
  });

  test('of five days, the longest that can be set, ends by its event', async () => {
    const setup = await startSetup(LONGEST_WAIT_SECONDS);
    await setup.hub.advance(4.5 * DAY_MS);
    await answerWaits(setup.hub);
    expect(await setup.hub.untilEnd(recordedSetup)).toMatchObject({ output: { state: 'Ready' } });
  });
});
