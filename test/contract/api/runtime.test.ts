import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import type { NewWait } from '../../../shared/waits/wait.ts';
import { factory, reached, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import { tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;
let setupId: string;
let runtimeName: string;
let count = 0;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => {
  count += 1;
  setupId = `runtime-${count}`;
  runtimeName = `shir-${count}`;
});

/** A setup that waits for a node of its runtime. */
async function waitForRuntime(): Promise<NewWait> {
  await api.put(setupId);
  await api.reach(setupId, reached.factorySelected, { name: 'runtimeCreated', data: { runtimeName, created: true } });
  await api.services.factories.createRuntime(factory, runtimeName, 'test');
  const wait: NewWait = {
    tenantId,
    setupId,
    attempt: 1,
    instanceId: `${tenantId}.${setupId}.1.runtimeRegistration`,
    eventName: 'runtime',
    target: { kind: 'runtime', factory, runtimeName },
  };
  await api.services.waits.open(wait);
  return wait;
}

const rowOf = (wait: NewWait) => api.services.waits.get(wait);
const keysOf = async () => (await api.services.factories.runtimeKeys(factory, runtimeName)) ?? { authKey1: '' };
const register = (authKey: string) => registerRuntimeNode(api.dataFactoryUrl, { authKey, nodeName: 'node-1' });
const regenerate = (keyName: string) =>
  api.call('regenerateRuntimeKey', setupId, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ keyName }),
  });

/** Events that were raised for the setup of a wait. */
const raisedFor = ({ instanceId }: NewWait) =>
  api.durable.starts.filter(({ path }) => path.startsWith(`/instances/${instanceId}/raiseEvent/`));

async function auditOf(action: string): Promise<unknown[]> {
  const { values } = await api.services.audit.page({ tenantId, setupId, action }, 10);
  return values;
}

describe('a check', () => {
  test('of a runtime without a node says so', async () => {
    await waitForRuntime();
    const answer = await api.call('checkRuntime', setupId);
    expect(answer).toMatchObject({ status: 200, body: { waitsFor: 'Runtime', result: 'NotYet' } });
  });

  test('finds a node, and tells the orchestration that waits', async () => {
    const wait = await waitForRuntime();
    await register((await keysOf()).authKey1);
    const answer = await api.call('checkRuntime', setupId);
    const nodes = [{ name: 'node-1', version: expect.any(String) as string }];
    expect(answer).toMatchObject({ status: 200, body: { waitsFor: 'Runtime', result: 'Found', nodes } });
    const [event] = raisedFor(wait);
    expect(event?.path).toMatch(/raiseEvent\/runtime$/);
    expect(JSON.parse(event?.body ?? '')).toEqual({ kind: 'online', nodes });
  });

  test('finds a node also when the orchestration cannot be told at once', async () => {
    const wait = await waitForRuntime();
    await register((await keysOf()).authKey1);
    const answer = await api.call('checkRuntime', setupId, { durableUrl: 'http://127.0.0.1:9/' });
    expect(answer).toMatchObject({ status: 200, body: { result: 'Found' } });
    // It stays open, so that the timer finds the node again, and tells.
    expect(await rowOf(wait)).toMatchObject({ target: wait.target });
  });

  test('of a pipeline run looks for its end', async () => {
    await api.put(setupId);
    await api.services.waits.open({
      tenantId,
      setupId,
      attempt: 1,
      instanceId: 'any',
      eventName: 'assess',
      target: { kind: 'run', factory, pipeline: 'mig_x_prepare', runId: 'run-1' },
    });
    const answer = await api.call('checkRuntime', setupId);
    expect(answer).toMatchObject({ status: 200, body: { waitsFor: 'PipelineRun', result: 'NotYet' } });
  });

  test('that Data Factory does not answer says so', async () => {
    await api.put(setupId);
    await api.services.waits.open({
      tenantId,
      setupId,
      attempt: 1,
      instanceId: 'any',
      eventName: 'runtime',
      target: { kind: 'runtime', factory, runtimeName: 'shir-gone' },
    });
    expect(await api.call('checkRuntime', setupId)).toMatchObject({ status: 200, body: { result: 'Unanswered' } });
  });

  test('has nothing to look at while the setup waits for nothing', async () => {
    await api.put(setupId);
    const answer = await api.call('checkRuntime', setupId);
    expect(answer).toMatchObject({ status: 409, body: { code: 'NothingToWaitFor' } });
  });

  test('needs Setup.Write', async () => {
    await waitForRuntime();
    expect(await api.call('checkRuntime', setupId, { token: 'reader' })).toMatchObject({ status: 403 });
  });
});

describe('a look', () => {
  test('is caused by reading the keys', async () => {
    const wait = await waitForRuntime();
    await api.call('listRuntimeKeys', setupId);
    expect(await rowOf(wait)).toMatchObject({ lookedAt: expect.any(Date) as Date });
  });

  test('is not caused by a client that reads the setup again and again', async () => {
    const wait = await waitForRuntime();
    const before = await rowOf(wait);
    for (let reads = 0; reads < 20; reads += 1) await api.call('getSetup', setupId);
    expect(await rowOf(wait)).toEqual(before);
  });
});

describe('a key', () => {
  test.each(['authKey1', 'authKey2'] as const)('%s is replaced, and the old one registers no node', async (keyName) => {
    const wait = await waitForRuntime();
    const before = (await api.call('listRuntimeKeys', setupId)).body as Record<string, string>;
    const answer = await regenerate(keyName);
    const other = keyName === 'authKey1' ? 'authKey2' : 'authKey1';
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(answer.body).toMatchObject({ name: runtimeName, [other]: before[other] });
    const after = (answer.body as Record<string, string>)[keyName] ?? '';
    await expect(register(before[keyName] ?? '')).rejects.toThrow(/replaced/);
    await register(after);
    expect(await auditOf('regenerateRuntimeKey')).toHaveLength(1);
    expect(JSON.stringify(await auditOf('regenerateRuntimeKey'))).not.toContain(after);
    expect(await rowOf(wait)).toMatchObject({ lookedAt: expect.any(Date) as Date });
  });

  test('of another name is refused', async () => {
    await waitForRuntime();
    expect(await regenerate('authKey3')).toMatchObject({ status: 400, body: { code: 'InvalidRequestBody' } });
    expect(await auditOf('regenerateRuntimeKey')).toEqual([]);
  });

  test('does not exist before the runtime does', async () => {
    await api.put(setupId);
    expect(await regenerate('authKey1')).toMatchObject({ status: 409, body: { code: 'RuntimeNotCreated' } });
  });
});
