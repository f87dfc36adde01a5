import type { ActivityUnion, DataFactoryManagementClient, PipelineResource } from '@azure/arm-datafactory';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import {
  activityRuns,
  FACTORY,
  GROUP,
  putPipeline,
  runEnd,
  startDataFactoryFixture,
  type DataFactoryFixture,
} from '../fixtures/data-factory.ts';

const clock = new VirtualClock();
let fixture: DataFactoryFixture;
let client: DataFactoryManagementClient;

beforeAll(async () => {
  fixture = await startDataFactoryFixture({ clock });
  ({ client } = fixture);
});

afterAll(() => fixture.stop());

async function start(pipeline: PipelineResource, parameters?: Record<string, unknown>): Promise<string> {
  const name = await putPipeline(fixture, pipeline);
  const { runId } = await client.pipelines.createRun(GROUP, FACTORY, name, parameters && { parameters });
  return runId;
}

async function run(pipeline: PipelineResource, parameters?: Record<string, unknown>) {
  return runEnd(fixture, await start(pipeline, parameters));
}

type After = readonly [activity: string, ...conditions: string[]];

const expression = (value: string) => ({ type: 'Expression', value }) as const;

/** An If Condition is the smallest activity: it ends by its expression alone. */
function step(name: string, value = '@true', ...after: readonly After[]): ActivityUnion {
  return {
    name,
    type: 'IfCondition',
    expression: expression(value),
    dependsOn: after.map(([activity, ...dependencyConditions]) => ({ activity, dependencyConditions })),
  };
}

const FAIL = '@equals(div(1, 0), 1)';

describe('the outcome of a pipeline', () => {
  test.each([
    ['of one success', [step('a')], 'Succeeded'],
    ['of a failure', [step('a', FAIL)], 'Failed'],
    ['of a failure that is handled', [step('a', FAIL), step('b', '@true', ['a', 'Failed'])], 'Succeeded'],
    [
      'of a failure with a branch for success, which is skipped',
      [step('a', FAIL), step('b', '@true', ['a', 'Failed']), step('c', '@true', ['a', 'Succeeded'])],
      'Failed',
    ],
    [
      'of a failure handled after a skipped activity',
      [step('a', FAIL), step('b', '@true', ['a', 'Succeeded']), step('c', '@true', ['b', 'Failed', 'Skipped'])],
      'Succeeded',
    ],
    [
      'of a completion that waits for success or failure',
      [step('a', FAIL), step('b', '@true', ['a', 'Completed'])],
      'Succeeded',
    ],
    [
      'of a completion, which a skipped activity is not',
      [step('a', FAIL), step('b', '@true', ['a', 'Succeeded']), step('c', '@true', ['b', 'Completed'])],
      'Failed',
    ],
    [
      'of two dependencies, which must both be met',
      [step('a'), step('b', FAIL), step('c', '@true', ['a', 'Succeeded'], ['b', 'Succeeded'])],
      'Failed',
    ],
    ['of no activities', [], 'Succeeded'],
  ])('is that %s', async (_, activities, status) => {
    expect(await run({ activities })).toMatchObject({ status });
  });

  test('names the failed activity', async () => {
    const failed = await run({ activities: [step('probe', FAIL)] });
    expect(failed.message).toBe(
      "Operation on target probe failed: The template language function 'div' failed: attempt to divide by zero.",
    );
  });

  test('of a container is that of its branch', async () => {
    const failed = await run({
      activities: [
        {
          name: 'outer',
          type: 'IfCondition',
          expression: expression('@true'),
          ifTrueActivities: [step('inner', FAIL)],
        },
      ],
    });
    expect(failed).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining(
        'Operation on target outer failed: Activity failed because an inner activity failed; Inner activity name: inner',
      ) as string,
    });
  });
});

describe('activities', () => {
  test('of the chosen case only are run and listed', async () => {
    const pipeline: PipelineResource = {
      parameters: { stage: { type: 'String' } },
      activities: [
        {
          name: 'byStage',
          type: 'Switch',
          on: expression('@pipeline().parameters.stage'),
          cases: [
            { value: 'assess', activities: [step('assess')] },
            { value: 'install', activities: [step('install')] },
          ],
          defaultActivities: [step('unknown', FAIL)],
        },
      ],
    };
    const name = await putPipeline(fixture, pipeline);
    const names = async (stage: string) => {
      const { runId } = await client.pipelines.createRun(GROUP, FACTORY, name, { parameters: { stage } });
      const { status } = await runEnd(fixture, runId);
      return [status, ...(await activityRuns(fixture, runId)).map(({ activityName }) => activityName)];
    };
    expect(await names('install')).toEqual(['Succeeded', 'byStage', 'install']);
    expect(await names('other')).toEqual(['Failed', 'byStage', 'unknown']);
  });

  test('see the outcome of earlier ones', async () => {
    const { status } = await run({
      activities: [
        step('a', FAIL),
        step('b', "@contains(activity('a').error.message, 'divide by zero')", ['a', 'Failed']),
        {
          ...step('c', '@true', ['b', 'Succeeded']),
          type: 'IfCondition',
          expression: expression("@equals(activity('b').Status, 'Succeeded')"),
          ifFalseActivities: [step('wrong', FAIL)],
        },
      ],
    });
    expect(status).toBe('Succeeded');
  });

  test('report a function that is not supported by its name', async () => {
    const { message } = await run({ activities: [step('a', "@xpath('a', 'b')")] });
    expect(message).toContain("The template function 'xpath' is not supported by the local Data Factory");
  });

  test.each(['Wait', 'SetVariable', 'Until', 'WebHook'])(
    'of type %s are stored, and refused by name when they should run',
    async (type) => {
      const name = await putPipeline(fixture, {
        activities: [{ ...step('outer'), ifTrueActivities: [{ name: 'inner', type } as ActivityUnion] }],
      });
      await expect(client.pipelines.createRun(GROUP, FACTORY, name)).rejects.toMatchObject({
        statusCode: 400,
        message: expect.stringContaining(
          `'inner' is of type ${type}, which is not run by the local Data Factory`,
        ) as string,
      });
    },
  );
});

describe('parameters', () => {
  const pipeline: PipelineResource = {
    parameters: {
      text: { type: 'String', defaultValue: 'default' },
      number: { type: 'Int' },
      list: { type: 'Array', defaultValue: ['a'] },
      hidden: { type: 'SecureString', defaultValue: '' },
    },
    activities: [
      step(
        'typed',
        '@and(equals(pipeline().parameters.number, 2), contains(pipeline().parameters.list, string(pipeline().parameters.text)))',
      ),
      {
        ...step('checked', '@true', ['typed', 'Succeeded']),
        type: 'IfCondition',
        expression: expression('@equals(pipeline().parameters.number, 2)'),
        ifFalseActivities: [step('wrong', FAIL)],
      },
    ],
  };

  test('keep their type inside and are text in the record', async () => {
    const hidden = crypto.randomUUID();
    const ended = await run(pipeline, { number: 2, list: ['x', 'default'], hidden });
    expect(ended).toMatchObject({ status: 'Succeeded', invokedBy: { name: 'Manual' } });
    expect(ended.parameters).toEqual({ text: 'default', number: '2', list: '["x","default"]', hidden: '***' });
  });

  test.each([
    ['without a value', {}, "'number' has no value"],
    ['of another type', { number: 'two' }, "'number' is of type Int; a String was given"],
  ])('%s are refused', async (_, parameters, text) => {
    await expect(start(pipeline, parameters)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining(text) as string,
    });
  });
});

describe('runs', () => {
  test('of an unknown pipeline cannot be created, and unknown runs not be read', async () => {
    await expect(client.pipelines.createRun(GROUP, FACTORY, 'none')).rejects.toMatchObject({ statusCode: 404 });
    await expect(client.pipelineRuns.get(GROUP, FACTORY, crypto.randomUUID())).rejects.toMatchObject({
      code: 'PipelineRunNotFound',
    });
  });

  test('wait in the queue, from which they can be cancelled', async () => {
    fixture.dataFactory.faults.holdRuns(true);
    const pipeline = { activities: [step('a')] };
    const [first, second] = [await start(pipeline), await start(pipeline)];
    expect(await client.pipelineRuns.get(GROUP, FACTORY, first)).toMatchObject({ status: 'Queued' });
    await client.pipelineRuns.cancel(GROUP, FACTORY, first);
    fixture.dataFactory.faults.holdRuns(false);
    expect((await runEnd(fixture, first)).status).toBe('Cancelled');
    expect((await runEnd(fixture, second)).status).toBe('Succeeded');
  });

  test('are found by window, name and status, newest first if wanted', async () => {
    const name = await putPipeline(fixture, { activities: [step('a')] });
    const create = async () => (await client.pipelines.createRun(GROUP, FACTORY, name)).runId;
    const early = clock.now();
    const first = await create();
    await runEnd(fixture, first);
    await clock.advance(60_000);
    const second = await create();
    await runEnd(fixture, second);
    const query = async (after: number, status = 'Succeeded') => {
      const { value } = await client.pipelineRuns.queryByFactory(GROUP, FACTORY, {
        lastUpdatedAfter: new Date(after),
        lastUpdatedBefore: new Date(clock.now()),
        filters: [
          { operand: 'PipelineName', operator: 'Equals', values: [name] },
          { operand: 'Status', operator: 'In', values: [status] },
        ],
        orderBy: [{ orderBy: 'RunStart', order: 'DESC' }],
      });
      return value.map(({ runId }) => runId);
    };
    expect(await query(early)).toEqual([second, first]);
    expect(await query(early + 1)).toEqual([second]);
    expect(await query(early, 'Failed')).toEqual([]);
  });

  test('come in pages of one hundred', async () => {
    const name = await putPipeline(fixture, {});
    await Promise.all(Array.from({ length: 101 }, () => client.pipelines.createRun(GROUP, FACTORY, name)));
    const filter = {
      lastUpdatedAfter: new Date(0),
      lastUpdatedBefore: new Date(clock.now()),
      filters: [{ operand: 'PipelineName', operator: 'Equals', values: [name] }],
    };
    const first = await client.pipelineRuns.queryByFactory(GROUP, FACTORY, filter);
    expect(first.value).toHaveLength(100);
    const { continuationToken = '' } = first;
    const second = await client.pipelineRuns.queryByFactory(GROUP, FACTORY, { ...filter, continuationToken });
    expect(second.value).toHaveLength(1);
    expect(second.continuationToken).toBeUndefined();
  });
});

describe('activities on a self-hosted integration runtime', () => {
  async function createRuntime(name: string) {
    await client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, name, { properties: { type: 'SelfHosted' } });
    await client.linkedServices.createOrUpdate(GROUP, FACTORY, `on_${name.replaceAll('-', '_')}`, {
      properties: {
        type: 'SqlServer',
        connectVia: { type: 'IntegrationRuntimeReference', referenceName: name },
        typeProperties: {
          server: 'localhost,9',
          database: 'cronus',
          authenticationType: 'SQL',
          userName: 'reader',
          password: { type: 'SecureString', value: crypto.randomUUID() },
        },
      } as never,
    });
    const { authKey1 = '' } = await client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, name);
    return authKey1;
  }

  const script = (runtime: string, policy = {}): ActivityUnion => ({
    name: 'script',
    type: 'Script',
    policy,
    linkedServiceName: { type: 'LinkedServiceReference', referenceName: `on_${runtime.replaceAll('-', '_')}` },
    scripts: [{ type: 'Query', text: 'SELECT 1 AS one' }],
  });

  test('fail at once when all of its nodes are offline', async () => {
    const authKey = await createRuntime('shir-offline');
    const node = await registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName: 'node' });
    await node.stop();
    const runId = await start({ activities: [script('shir-offline')] });
    expect((await runEnd(fixture, runId)).status).toBe('Failed');
    expect(await activityRuns(fixture, runId)).toMatchObject([
      {
        status: 'Failed',
        error: { errorCode: '2010', message: "The Self-hosted Integration Runtime 'shir-offline' is offline" },
      },
    ]);
  });

  test('are queued until a first node is registered', async () => {
    const authKey = await createRuntime('shir-later');
    const runId = await start({ activities: [script('shir-later')] });
    expect(await activityRuns(fixture, runId)).toMatchObject([{ status: 'Queued' }]);
    await registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName: 'node' });
    // The server of this linked service does not answer; the activity went on, which is what matters here.
    const { message } = await runEnd(fixture, runId);
    expect(message).toContain('Cannot connect to SQL Database');
    expect(await activityRuns(fixture, runId)).toMatchObject([{ integrationRuntimeNames: ['shir-later'] }]);
  });

  test('end with their timeout', async () => {
    await createRuntime('shir-timeout');
    const runId = await start({ activities: [script('shir-timeout', { timeout: '0.00:10:00' })] });
    await clock.advance(600_000);
    const { message, durationInMs } = await runEnd(fixture, runId);
    expect(message).toBe('Operation on target script failed: The activity did not end within its timeout.');
    expect(durationInMs).toBe(600_000);
  });

  test('are tried again after the interval, each attempt with a record of its own', async () => {
    await createRuntime('shir-retry');
    const policy = { timeout: '0.00:10:00', retry: 1, retryIntervalInSeconds: 30 };
    const runId = await start({ activities: [script('shir-retry', policy)] });
    await clock.advance(600_000);
    await clock.advance(29_999);
    expect(await activityRuns(fixture, runId)).toMatchObject([{ status: 'Failed' }]);
    await clock.advance(1);
    await clock.advance(600_000);
    expect((await runEnd(fixture, runId)).status).toBe('Failed');
    const runs = await activityRuns(fixture, runId);
    expect(runs.map((one) => one['retryAttempt'] as unknown)).toEqual([null, 1]);
  });

  test('end when their run is cancelled', async () => {
    await createRuntime('shir-cancel');
    const runId = await start({ activities: [script('shir-cancel')] });
    await client.pipelineRuns.cancel(GROUP, FACTORY, runId);
    expect((await runEnd(fixture, runId)).status).toBe('Cancelled');
    expect(await activityRuns(fixture, runId)).toMatchObject([{ status: 'Cancelled' }]);
  });

  test('keep later runs of a pipeline with a limited concurrency in the queue', async () => {
    await createRuntime('shir-one');
    const name = await putPipeline(fixture, { concurrency: 1, activities: [script('shir-one')] });
    const create = async () => (await client.pipelines.createRun(GROUP, FACTORY, name)).runId;
    const [first, second] = [await create(), await create()];
    const status = async (runId: string) => (await client.pipelineRuns.get(GROUP, FACTORY, runId)).status;
    expect([await status(first), await status(second)]).toEqual(['InProgress', 'Queued']);
    await client.pipelineRuns.cancel(GROUP, FACTORY, first);
    await runEnd(fixture, first);
    expect(await status(second)).toBe('InProgress');
  });

  test('hide a secure input', async () => {
    await createRuntime('shir-secure');
    const runId = await start({ activities: [script('shir-secure', { secureInput: true })] });
    const [record] = await activityRuns(fixture, runId);
    expect(record?.input).toEqual({});
  });
});
