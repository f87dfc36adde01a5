// What a pipeline run says of itself: who may, and that only what is looked up counts.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { NewWait } from '../../../shared/waits/wait.ts';
import { factory, startHttpApi } from '../../support/api/http-api.ts';
import type { ApiRequest, HttpApi } from '../../support/api/http-api.ts';
import { tenantId } from '../../support/api/token-issuer.ts';

const pipeline = 'mig_x_prepare';
let api: HttpApi;
let questions: string[];
let setupId: string;
let count = 0;

beforeAll(async () => {
  api = await startHttpApi();
  const { factories } = api.services;
  for (const name of ['hasSucceeded', 'principalOf'] as const) {
    const ask = factories[name].bind(factories) as (...given: unknown[]) => never;
    factories[name] = (...given: unknown[]) => {
      questions.push(name);
      return ask(...given);
    };
  }
  await putPipeline('Wait');
});
afterAll(() => api.stop());

beforeEach(() => {
  count += 1;
  setupId = `notified-${count}`;
  questions = [];
});

/** A pipeline whose work is done at once, or never is. */
async function putPipeline(type: 'IfCondition' | 'Wait'): Promise<void> {
  const work =
    type === 'Wait'
      ? { activities: [] }
      : {
          activities: [
            {
              name: 'ByStage',
              type,
              typeProperties: { expression: { type: 'Expression', value: '@equals(1, 1)' }, ifTrueActivities: [] },
            },
          ],
        };
  await api.services.factories.put(factory, 'pipelines', pipeline, { properties: work });
}

/** A setup that waits for a run. */
async function waitForRun(changes: Partial<NewWait> = {}): Promise<{ runId: string; instanceId: string }> {
  await api.put(setupId);
  const runId = await api.services.factories.createRun(factory, pipeline, {});
  const instanceId = `${setupId}.preparation`;
  await api.services.waits.open({
    tenantId,
    setupId,
    attempt: 1,
    instanceId,
    eventName: 'assess',
    target: { kind: 'run', factory, pipeline, runId },
    ...changes,
  });
  return { runId, instanceId };
}

const notify = (runId: string, request: ApiRequest = {}) =>
  api.call('notifyFactory', setupId, {
    token: 'factory',
    params: { factory: factory.name },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tenantId, setupId, runId }),
    ...request,
  });
const raised = (instanceId: string) => api.durable.starts.filter(({ path }) => path.includes(`/${instanceId}/`));

test('of a run whose work is done ends the wait at once', async () => {
  await putPipeline('IfCondition');
  const { runId, instanceId } = await waitForRun();
  expect(await notify(runId)).toMatchObject({ status: 200, body: {} });
  const [event] = raised(instanceId);
  expect(event?.path).toMatch(/raiseEvent\/assess$/);
  expect(JSON.parse(event?.body ?? '')).toEqual({ kind: 'ended', status: 'Succeeded', message: '' });
});

test('that is not true costs one look a second, and ends nothing', async () => {
  await putPipeline('Wait');
  const { runId, instanceId } = await waitForRun();
  const begun = performance.now();
  const answers = await Promise.all(Array.from({ length: 20 }, () => notify(runId)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  const seconds = Math.floor((performance.now() - begun) / 1_000);
  expect(questions.filter((question) => question === 'hasSucceeded').length).toBeLessThanOrEqual(1 + seconds);
  expect(raised(instanceId)).toEqual([]);
});

test('is worth nothing without the role, or from another identity, which costs one question a minute', async () => {
  const { runId } = await waitForRun();
  for (const token of ['own', 'provisioning', 'operator'] as const) {
    expect(await notify(runId, { token })).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
  }
  for (let call = 0; call < 3; call += 1) {
    expect(await notify(runId, { token: 'otherFactory' })).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
  }
  expect(await notify(runId, { params: { factory: 'factory-of-others' } })).toMatchObject({ status: 403 });
  expect(questions.filter((question) => question !== 'principalOf')).toEqual([]);
  expect(questions.length).toBeLessThanOrEqual(1);
});

test.each([
  ['nobody waits for', {}],
  [
    'of another factory',
    { target: { kind: 'run', factory: { ...factory, name: 'factory-two' }, pipeline, runId: 'x' } },
  ],
  ['of a runtime', { target: { kind: 'runtime', factory, runtimeName: 'shir-one' } }],
] as const)('of a run %s is answered alike, and nothing is asked', async (_what, changes) => {
  await waitForRun(changes);
  expect(await notify('x')).toMatchObject({ status: 200, body: {} });
  expect(questions).toEqual([]);
});

test('without its run is refused', async () => {
  expect(await notify('')).toMatchObject({ status: 400, body: { errors: [{ pointer: '/runId' }] } });
});
