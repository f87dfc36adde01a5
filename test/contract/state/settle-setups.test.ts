import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Milestone, SetupState } from '../../../shared/setup/states.ts';
import { startRecorder } from '../../support/api/http-services.ts';
import type { StartRecorder } from '../../support/api/http-services.ts';
import { settleAll } from '../../support/setup/settle-all.ts';
import { firstAttempt as attempt, newSetupTable } from '../../support/setup/setup-table.ts';
import type { SetupTable } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const tables = new TablesInMemory();

const instance = `${attempt.tenantId}.${attempt.setupId}.1`;
const asks = { ...audit, requestId: 'request-2' };

let setups: SetupTable;
let durable: StartRecorder;
/** What Service Bus does with an event. */
let send: () => Promise<void>;

beforeEach(async () => {
  setups = newSetupTable(tables);
  send = () => Promise.resolve();
  durable = await startRecorder();
  onTestFinished(() => durable.stop());
});

const settle = () => settleAll(setups, durable.url, () => send());

/** The timer runs when a setup that was noted or started just now is due. */
async function nextRun(): Promise<void> {
  setups.passSeconds(31);
  await settle();
}

const startsOf = () => durable.starts.map(({ path }) => path.slice(1));
const inputOf = (index: number): unknown => JSON.parse(durable.starts.at(index)?.body ?? 'null');
const activeIds = async () => (await setups.noted()).map(({ setupId }) => setupId);

describe('a setup that was accepted', () => {
  beforeEach(() => setups.createAt([]));

  test('is in the hands of its request for 30 seconds, then started, and once', async () => {
    setups.passSeconds(29);
    await settle();
    expect(startsOf()).toEqual([]);
    setups.passSeconds(2);
    await settle();
    await settle();
    expect(startsOf()).toEqual([`orchestrators/setup/${instance}`]);
    expect(inputOf(0)).toMatchObject({ ...attempt, key: newSetup.key });
    expect(await activeIds()).toEqual(['first-setup']);
  });

  test('is cleaned up and not started again when its orchestration was purged', async () => {
    await setups.store.open(attempt, 'run-1');
    setups.passSeconds(31);
    await settle();
    expect(startsOf()).toEqual([`orchestrators/cleanup/${instance}.cleanup.1`]);
  });

  test('is cleaned up when somebody wanted its end before it was started', async () => {
    await setups.store.requestCancel(await setups.store.require(attempt), asks);
    setups.passSeconds(31);
    await settle();
    expect(startsOf()).toEqual([`orchestrators/cleanup/${instance}.cleanup.1`]);
    expect(inputOf(0)).toMatchObject({ ...attempt, cleanup: 1, reason: 'canceled' });
  });
});

describe('an orchestration that has ended without a result', () => {
  beforeEach(async () => {
    await setups.createAt(course.slice(0, 2));
    setups.passSeconds(31);
  });

  test.each(['Completed', 'Failed', 'Terminated', 'Canceled'])('as %s gives its setup to a cleanup', async (status) => {
    durable.statuses.set(instance, status);
    await settle();
    expect(startsOf()).toEqual([`orchestrators/cleanup/${instance}.cleanup.1`]);
    expect(inputOf(0)).toEqual({
      ...attempt,
      key: newSetup.key,
      cleanup: 1,
      reason: 'failed',
      cause: `The orchestration of the attempt ended as ${status} without a result.`,
      removeRuntime: false,
      removeSource: false,
      deadline: expect.any(Number) as number,
    });
    expect(await setups.store.require(attempt)).toMatchObject({ state: 'WaitingForRuntime', cleanup: 1 });
  });

  test.each(['Running', 'Pending', 'Suspended', 'ContinuedAsNew'])('is none while it is %s', async (status) => {
    durable.statuses.set(instance, status);
    await settle();
    expect(startsOf()).toEqual([]);
    expect(await setups.store.require(attempt)).not.toHaveProperty('cleanup');
  });

  test('gets a second cleanup when the first has ended without a result, and only then', async () => {
    durable.statuses.set(instance, 'Terminated');
    await settle();
    await nextRun();
    expect(startsOf()).toHaveLength(1);
    durable.statuses.set(`${instance}.cleanup.1`, 'Failed');
    await nextRun();
    expect(startsOf().at(-1)).toBe(`orchestrators/cleanup/${instance}.cleanup.2`);
    expect(await setups.store.require(attempt)).toMatchObject({ cleanup: 2 });
  });

  test('has its cleanup started, also when the timer died before it could', async () => {
    durable.statuses.set(instance, 'Terminated');
    await setups.store.beginCleanup(await setups.store.require(attempt), 1);
    await settle();
    expect(startsOf()).toEqual([`orchestrators/cleanup/${instance}.cleanup.1`]);
  });
});

describe('a setup that somebody wants to go', () => {
  const options = { removeRuntime: false, removeSource: false };

  test('is given to a cleanup that removes everything', async () => {
    await setups.store.requestDelete(await setups.createAt([milestone('failed')]), options, asks);
    durable.statuses.set(instance, 'Completed');
    setups.passSeconds(31);
    await settle();
    expect(startsOf()).toEqual([`orchestrators/cleanup/${instance}.cleanup.1`]);
    expect(inputOf(0)).toMatchObject({ reason: 'deleted' });
  });

  test('begins to go as soon as its attempt has ended', async () => {
    await setups.store.requestDelete(await setups.createAt([]), options, asks);
    await setups.store.record(attempt, milestone('canceled'));
    await nextRun();
    const { state, deletion } = await setups.store.require(attempt);
    expect(state).toBe('Deleting');
    expect(deletion).toMatchObject({ begun: true, actor: audit.actor });
    expect(await activeIds()).toEqual(['first-setup']);
  });
});

describe('a setup in which all is in order', () => {
  /** Seconds until the next look. */
  async function pause(): Promise<number> {
    const [noted] = await setups.noted();
    return Math.round(((noted?.due.getTime() ?? 0) - setups.clock.now().getTime()) / 1000);
  }

  test('is looked at again after as long as its last change is ago, and after six hours at most', async () => {
    durable.statuses.set(instance, 'Running');
    await setups.createAt(course.slice(0, 2));
    const pauses = [];
    for (const seconds of [30, 30, 60, 120, 7_200, 86_400]) {
      setups.passSeconds(seconds);
      await settle();
      pauses.push(await pause());
    }
    expect(pauses).toEqual([30, 60, 120, 240, 7_440, 21_600]);
  });

  test('is looked at again in half a minute if something was done for it, and in the next run if that failed', async () => {
    await setups.createAt([]);
    setups.passSeconds(3600);
    await durable.stop();
    await expect(settle()).rejects.toThrow('first-setup');
    expect(await pause()).toBe(0);
    durable = await startRecorder();
    await settle();
    expect(startsOf()).toHaveLength(1);
    expect(await pause()).toBe(30);
  });
});

describe('a setup is forgotten', () => {
  test.each<[string, readonly Milestone[]]>([
    ['is ready', course],
    ['has failed', [milestone('failed')]],
    ['is canceled', [milestone('cancelRequested'), milestone('canceled')]],
  ])('once it %s and every event is published', async (_what, milestones) => {
    await setups.createAt(milestones);
    send = () => Promise.reject(new Error('the bus is silent'));
    await expect(nextRun()).rejects.toThrow('first-setup: the bus is silent');
    send = () => Promise.resolve();
    await nextRun();
    expect(await setups.store.pendingEvents(attempt)).toEqual([]);
    expect(await activeIds()).toEqual(['first-setup']);
    setups.passSeconds(62);
    await settle();
    expect(await activeIds()).toEqual([]);
  });

  test('not when somebody begins it anew at that moment', async () => {
    let begun: Promise<unknown> | undefined;
    setups = newSetupTable(tables, {
      name: 'meanwhile',
      async sendRequest(request, next) {
        // It looks for audits when it forgets.
        if (begun === undefined && request.method === 'GET' && request.url.includes('audit-')) {
          begun = setups.store.require(attempt).then((failed) => setups.replay(failed, 'FactorySelection'));
          await begun;
        }
        return next(request);
      },
    });
    await setups.createAt([milestone('failed')]);
    await nextRun();
    expect(begun).toBeUndefined();
    await nextRun();
    expect(begun).toBeDefined();
    expect(await setups.store.require(attempt)).toMatchObject({ state: 'Accepted', attempt: 2 });
    expect(await activeIds()).toEqual(['first-setup']);
  });

  test('not before its creation, which may come late', async () => {
    await setups.active.add(newSetup);
    setups.passSeconds(31);
    await settle();
    expect(await activeIds()).toEqual(['first-setup']);
    await setups.createAt([]);
    setups.passSeconds(31);
    await settle();
    expect(startsOf()).toEqual([`orchestrators/setup/${instance}`]);
  });

  test('when its creation has not come in a quarter of an hour', async () => {
    await setups.active.add(newSetup);
    setups.passSeconds(15 * 60);
    await settle();
    expect(await activeIds()).toEqual(['first-setup']);
    setups.passSeconds(15 * 60);
    await settle();
    expect(await activeIds()).toEqual([]);
  });

  test('not while a request is about to begin it anew', async () => {
    await setups.createAt([milestone('failed')]);
    await nextRun();
    setups.passSeconds(24 * 3600);
    await setups.active.add(newSetup);
    await nextRun();
    expect(await activeIds()).toEqual(['first-setup']);
    setups.passSeconds(15 * 60);
    await settle();
    expect(await activeIds()).toEqual([]);
  });
});

describe('the index of a setup', () => {
  /** A table that does not answer the requests that `fails` names. */
  const failing = (fails: () => boolean): PipelinePolicy => ({
    name: 'failing',
    sendRequest(request, next) {
      if (fails()) throw new RestError('The index does not answer');
      return next(request);
    },
  });
  const listed = async (state?: SetupState[]) =>
    (await setups.index.page(state === undefined ? {} : { state }, 'newest', 10)).setups;

  test('does not stop a setup while it does not answer, and is mended before the setup is forgotten', async () => {
    let isOut = true;
    setups = newSetupTable(
      tables,
      undefined,
      failing(() => isOut),
    );
    await setups.createAt(course);
    await nextRun();
    await expect(nextRun()).rejects.toThrow('first-setup: The index does not answer');
    expect(await activeIds()).toEqual(['first-setup']);
    isOut = false;
    expect(await listed()).toEqual([]);
    await settle();
    expect(await listed()).toMatchObject([{ setupId: 'first-setup', state: 'Ready', factory: 'factory-1' }]);
    expect(await activeIds()).toEqual([]);
  });

  test('says how the setup ended, whatever comes between two requests and whichever of them fail', async () => {
    const faults = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 });
    const race = async (scheduler: fc.Scheduler, failures: readonly boolean[]) => {
      let isRacing = false;
      let sent = 0;
      const gated: PipelinePolicy = {
        name: 'gated',
        async sendRequest(request, next) {
          if (!isRacing) return next(request);
          // Each request is whole, and the scheduler says which is the next.
          let answer: ReturnType<typeof next> | undefined;
          const builder = async () => {
            answer = next(request);
            await answer;
          };
          await scheduler.scheduleSequence([{ label: request.method, builder }]).task;
          return answer ?? next(request);
        },
      };
      const fails = () => {
        sent += 1;
        return isRacing && failures[sent % failures.length] === true;
      };
      const index: PipelinePolicy = {
        name: 'index',
        sendRequest: (request, next) =>
          failing(fails).sendRequest(request, (sending) => gated.sendRequest(sending, next)),
      };
      setups = newSetupTable(tables, gated, index);
      const { store } = setups;
      const created = await setups.createAt([]);
      isRacing = true;
      const work = async () => {
        await store.record(attempt, milestone('factorySelected'));
        await store.record(attempt, milestone('ready'));
      };
      await scheduler.waitFor(
        Promise.all([work(), store.requestCancel(created, asks), store.record(attempt, milestone('failed'))]),
      );
      isRacing = false;
      // The first run publishes what there is to tell, the second forgets.
      await nextRun();
      await nextRun();
      const { state, lastModifiedAt, phase } = await store.require(attempt);
      expect(await listed()).toMatchObject([{ state, lastModifiedAt, phase }]);
      const open = await listed(['Accepted', 'Running', 'Canceling', 'Failed']);
      expect(open).toHaveLength(state === 'Ready' ? 0 : 1);
    };
    await fc.assert(fc.asyncProperty(fc.scheduler(), faults, race), { numRuns: 15, endOnFailure: true });
  });
});

test('the audit of a change that did not reach the log is moved there before the setup is forgotten', async () => {
  let isOut = false;
  const policy: PipelinePolicy = {
    name: 'failing',
    async sendRequest(request, next) {
      if (isOut) throw new RestError('The log does not answer');
      return next(request);
    },
  };
  setups = newSetupTable(tables, undefined, undefined, policy);
  await setups.audits();
  isOut = true;
  await setups.createAt([milestone('failed')]);
  await nextRun();
  await expect(nextRun()).rejects.toThrow('first-setup: The log does not answer');
  expect(await activeIds()).toEqual(['first-setup']);
  isOut = false;
  expect(await setups.audits()).toEqual([]);
  await settle();
  expect(await setups.audits()).toMatchObject([{ ...audit, result: 'attempt 1' }]);
  expect(await setups.rows('!audit-')).toEqual([]);
  expect(await activeIds()).toEqual([]);
});

test('a setup that rests is noted as ended before it is forgotten, by the time of its end', async () => {
  const { lastModifiedAt } = await setups.createAt([milestone('failed')]);
  await nextRun();
  await nextRun();
  const end = Date.parse(lastModifiedAt);
  expect(await Array.fromAsync(setups.ended.before(new Date(end)))).toEqual([]);
  const { tenantId, setupId } = newSetup;
  const noted = await Array.fromAsync(setups.ended.before(new Date(end + 1)));
  expect(noted.map(({ ended }) => ended)).toMatchObject([{ kind: 'setup', tenantId, setupId }]);
});
