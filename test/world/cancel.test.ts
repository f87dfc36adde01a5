/** Setups that are canceled at every step, also when the host dies at that moment, and what is left of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sample } from '../../local/stack/databases.ts';
import type { ActivityFault } from '../support/durable/faults.ts';
import { cancelDuring } from '../support/world/cancel.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

let world: World;
let samples: readonly Sample[];

beforeAll(async () => {
  world = await startWorld({ samples: ['SqlServer', 'AzureSql'], size: 'Small' });
  samples = world.endpoints.databases.samples;
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

/** Begins the next attempt of a setup, cancels it during an activity, and expects its end. */
async function expectCanceled(setupId: string, activity: string, fault?: ActivityFault): Promise<void> {
  const canceling = cancelDuring(world, setupId, activity, fault);
  expect((await world.post(setupId, 'replay', {})).status).toBe(202);
  const ended = await world.until(setupId, 'Canceled', 'Failed', 'Ready');
  expect(await canceling, activity).toBe(202);
  expect(ended.state, `during ${activity} (${fault ?? 'no fault'})`).toBe('Canceled');
  expect(await violations(world), `during ${activity} (${fault ?? 'no fault'})`).toEqual([]);
}

describe('cancel', () => {
  test('while each phase is active, and when the host dies then', async () => {
    const setupId = 'canceled';
    const sample = samples[1] as Sample;
    const first = cancelDuring(world, setupId, 'selectFactory');
    await world.begin(setupId, sample);
    expect((await world.until(setupId, 'Canceled', 'Failed', 'Ready')).state).toBe('Canceled');
    expect(await first).toBe(202);
    await expectCanceled(setupId, 'openAttempt', 'kill after');
    await expectCanceled(setupId, 'selectFactory', 'kill after');
    await expectCanceled(setupId, 'putConnections', 'kill after');
    await expectCanceled(setupId, 'startPreparation', 'kill before');
    await expectCanceled(setupId, 'startPreparation', 'kill after');
    await expectCanceled(setupId, 'evaluateChecks', 'run twice');
    await expectCanceled(setupId, 'recordInventory');
    await expectCanceled(setupId, 'planTables', 'kill after');
    await expectCanceled(setupId, 'putReplication', 'fail after');
    await expectCanceled(setupId, 'markEnvironmentReady', 'kill after');
    await expectCanceled(setupId, 'finish', 'fail before');
  });

  test('while it waits for a runtime, which stays', async () => {
    const setupId = 'waits';
    await world.begin(setupId, samples[0] as Sample);
    await world.until(setupId, 'WaitingForRuntime');
    expect((await world.post(setupId, 'cancel')).status).toBe(202);
    expect((await world.until(setupId, 'Canceled')).phase).toBe('RuntimeRegistration');
    const operation = await world.call('GET', `operations/${setupId}.1`);
    expect(operation.body).toMatchObject({ status: 'Canceled' });
    const { key } = await world.head(setupId);
    expect(await world.recorded(setupId, 1, 'canceled')).toEqual({
      removed: [],
      left: [`integration runtime shir-${key}, for the next attempt`],
    });
    expect(await violations(world)).toEqual([]);
  });

  test('during the undo of a failure, which stays a failure', async () => {
    const setupId = 'canceled';
    const canceling = cancelDuring(world, setupId, 'removeEntities', 'kill after');
    const fault = world.activityFault;
    world.activityFault = (run) => (run.name === 'putPreparation' ? 'fail before' : fault(run));
    expect((await world.post(setupId, 'replay', {})).status).toBe(202);
    const ended = await world.until(setupId, 'Canceled', 'Failed', 'Ready');
    expect(await canceling).toBe(202);
    expect(ended.state).toBe('Failed');
    world.activityFault = () => undefined;
    expect(await violations(world)).toEqual([]);
  });

  test('while its runtime is offline for two minutes, and nothing of it is left in its databases', async () => {
    const setupId = 'waits';
    expect((await world.post(setupId, 'replay', {})).status).toBe(202);
    await world.until(setupId, 'WaitingForRuntime');
    const node = await world.registerNode(setupId);
    let stopped: Promise<void> | undefined;
    const canceling = cancelDuring(world, setupId, 'planTables').finally(() => {
      world.activityFault = ({ name }) => {
        if (name === 'startSourceUndo') {
          stopped = node.stop();
          world.clock.after(2 * 60_000, () => void node.start());
        }
        return undefined;
      };
    });
    expect((await world.until(setupId, 'Canceled', 'Failed', 'Ready')).state).toBe('Canceled');
    expect(await canceling).toBe(202);
    await stopped;
    world.activityFault = () => undefined;
    expect(stopped).toBeDefined();
    expect(await violations(world)).toEqual([]);
  });

  test('when its orchestration is dead', async () => {
    const setupId = 'canceled';
    expect((await world.post(setupId, 'replay', {})).status).toBe(202);
    await world.settle();
    await world.terminate(setupId);
    expect((await world.post(setupId, 'cancel')).status).toBe(202);
    expect((await world.until(setupId, 'Canceled', 'Failed')).state).toBe('Canceled');
    expect(await violations(world)).toEqual([]);
  });
});
