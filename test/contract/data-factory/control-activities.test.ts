// Activities that steer others: loops, calls of pipelines, failures on purpose.
import type { ActivityUnion, DataFactoryManagementClient, PipelineResource } from '@azure/arm-datafactory';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import {
  activityRuns,
  FACTORY,
  GROUP,
  putPipeline,
  runEnd,
  startDataFactoryFixture,
} from '../fixtures/data-factory.ts';
import type { DataFactoryFixture } from '../fixtures/data-factory.ts';
import { expression, linked } from '../fixtures/data-factory-sql.ts';

let fixture: DataFactoryFixture;
let client: DataFactoryManagementClient;

beforeAll(async () => {
  fixture = await startDataFactoryFixture({ clock: new VirtualClock() });
  ({ client } = fixture);
  await client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, 'shir-none', { properties: { type: 'SelfHosted' } });
  await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'unreachable', {
    properties: {
      type: 'SqlServer',
      connectVia: { type: 'IntegrationRuntimeReference', referenceName: 'shir-none' },
      typeProperties: {
        server: 'localhost,9',
        database: 'none',
        authenticationType: 'SQL',
        userName: 'reader',
        password: { type: 'SecureString', value: crypto.randomUUID() },
      },
    } as never,
  });
});

afterAll(() => fixture.stop());

async function start(pipeline: PipelineResource): Promise<string> {
  return (await client.pipelines.createRun(GROUP, FACTORY, await putPipeline(fixture, pipeline))).runId;
}

const run = async (pipeline: PipelineResource) => runEnd(fixture, await start(pipeline));

const fail = (message: unknown, errorCode: unknown = 'CODE', name = 'stop'): ActivityUnion => ({
  name,
  type: 'Fail',
  typeProperties: { message, errorCode },
});

/** Fails with what an expression gives, which so shows in the message of the run. */
const show = (value: string) => fail(expression(`@string(${value})`), 'SHOWN', 'show');

const after = (activity: ActivityUnion, name: string, ...dependencyConditions: string[]): ActivityUnion => ({
  ...activity,
  dependsOn: [{ activity: name, dependencyConditions }],
});

const loop = (items: unknown, activities: readonly ActivityUnion[], rest: object = {}): ActivityUnion => ({
  name: 'loop',
  type: 'ForEach',
  typeProperties: { items, activities, ...rest },
});

/** A runtime without a node lets jobs wait, so that a run shows which were begun. */
const waiting = () =>
  ({
    name: 'script',
    type: 'Script',
    linkedServiceName: linked('unreachable'),
    typeProperties: { scripts: [{ type: 'Query', text: 'SELECT 1 AS one' }] },
  }) as ActivityUnion;

const execute = (referenceName: string, rest: object = {}): ActivityUnion => ({
  name: 'execute',
  type: 'ExecutePipeline',
  typeProperties: { pipeline: { type: 'PipelineReference', referenceName }, waitOnCompletion: true, ...rest },
});

describe('Fail', () => {
  test('ends the run with its message and error code', async () => {
    const runId = await start({ activities: [fail(expression("@concat('no ', 'way')"))] });
    expect(await runEnd(fixture, runId)).toMatchObject({
      status: 'Failed',
      message: 'Operation on target stop failed: no way',
    });
    expect(await activityRuns(fixture, runId)).toMatchObject([
      { status: 'Failed', error: { errorCode: 'CODE', message: 'no way', failureType: 'UserError' } },
    ]);
  });

  test.each([
    ['an empty message', '', 'CODE'],
    ['a message that cannot be evaluated', expression('@div(1, 0)'), 'CODE'],
    ['an error code that is no text', 'no', expression('@int(5)')],
  ])('with %s says that it cannot be read', async (_, message, errorCode) => {
    const runId = await start({ activities: [fail(message, errorCode)] });
    await runEnd(fixture, runId);
    expect(await activityRuns(fixture, runId)).toMatchObject([
      {
        error: { errorCode: 'ErrorCodeNotString', message: 'Failed to interpret stop fail message or error code' },
      },
    ]);
  });
});

describe('ForEach', () => {
  const items = (list: readonly unknown[]) => expression(`@json('${JSON.stringify(list)}')`);
  const when = (condition: string, name = 'check') =>
    ({
      name,
      type: 'IfCondition',
      typeProperties: { expression: expression(condition), ifTrueActivities: [fail(expression('@item().text'))] },
    }) as ActivityUnion;

  test('gives each iteration its item, and lets the others go on when one fails', async () => {
    const runId = await start({
      activities: [
        loop(items([{ text: 'a' }, { text: 'b' }, { text: 'c' }]), [when("@equals(item().text, 'b')")], {
          isSequential: true,
        }),
      ],
    });
    const { status, message } = await runEnd(fixture, runId);
    expect({ status, message }).toEqual({
      status: 'Failed',
      message:
        'Operation on target loop failed: Activity failed because an inner activity failed; Inner activity name: check, Error: Activity failed because an inner activity failed; Inner activity name: stop, Error: b',
    });
    const runs = await activityRuns(fixture, runId);
    expect(runs.map(({ activityName, status: one }) => [activityName, one])).toEqual([
      ['loop', 'Failed'],
      ['check', 'Succeeded'],
      ['check', 'Failed'],
      ['stop', 'Failed'],
      ['check', 'Succeeded'],
    ]);
  });

  test('keeps what an iteration did from the others, and sees what ended before the loop', async () => {
    const before = {
      name: 'before',
      type: 'IfCondition',
      typeProperties: { expression: expression('@false') },
    } as ActivityUnion;
    const own = {
      name: 'own',
      type: 'IfCondition',
      typeProperties: { expression: expression("@equals(activity('own').Status, activity('before').Status)") },
    } as ActivityUnion;
    const runId = await start({
      activities: [before, after(loop(items([1, 2]), [own], { isSequential: true }), 'before', 'Succeeded')],
    });
    await runEnd(fixture, runId);
    const failed = (await activityRuns(fixture, runId)).filter(({ activityName }) => activityName === 'own');
    const unknown = expect.stringContaining("the template action 'own' is not defined at current scope") as string;
    expect(failed).toMatchObject([{ error: { message: unknown } }, { error: { message: unknown } }]);
  });

  test.each([
    ['one after the other', { isSequential: true }, 1],
    ['twenty at a time', {}, 20],
    ['as many at a time as it says', { batchCount: 3 }, 3],
  ])('runs its iterations %s', async (_, rest, width) => {
    const runId = await start({ activities: [loop(expression('@range(0, 30)'), [waiting()], rest)] });
    const begun = (await activityRuns(fixture, runId)).filter(({ status }) => status === 'Queued');
    expect(begun).toHaveLength(width);
    await client.pipelineRuns.cancel(GROUP, FACTORY, runId);
    expect((await runEnd(fixture, runId)).status).toBe('Cancelled');
  });

  test.each([
    [
      'something else than an array',
      expression("@concat('a')"),
      "'foreach' expression '@concat('a')' is of type 'String'",
    ],
    ['more than 100,000 items', expression('@range(0, 100001)'), '100000 items; there are 100001'],
  ])('fails for %s', async (_, value, text) => {
    expect((await run({ activities: [loop(value, [show('item()')])] })).message).toContain(text);
  });

  test.each([
    ['more than 50 iterations at a time', loop(items([]), [], { batchCount: 51 })],
    ['none at a time', loop(items([]), [], { batchCount: 0 })],
    ['a loop inside it', loop(items([]), [{ ...loop(items([]), []), name: 'inner' }])],
    ['items that are no expression', loop([1, 2], [])],
  ])('is refused with %s', async (_, activity) => {
    await expect(putPipeline(fixture, { activities: [activity] })).rejects.toMatchObject({ statusCode: 400 });
  });

  test('does nothing without items', async () => {
    expect(await run({ activities: [loop(items([]), [show('item()')])] })).toMatchObject({ status: 'Succeeded' });
  });
});

describe('ExecutePipeline', () => {
  const echo = { parameters: { number: { type: 'Int' as const } }, activities: [show('pipeline().parameters.number')] };

  test('gives typed parameters, waits for the end, and fails as the other run did', async () => {
    const child = await putPipeline(fixture, echo);
    const runId = await start({ activities: [execute(child, { parameters: { number: expression('@add(1, 2)') } })] });
    const failed = await runEnd(fixture, runId);
    expect(failed).toMatchObject({
      status: 'Failed',
      message: 'Operation on target execute failed: Operation on target show failed: 3',
    });
    const [activity] = await activityRuns(fixture, runId);
    const childId = await childOf(runId);
    expect(activity?.output).toEqual({ pipelineRunId: childId, pipelineName: child });
    expect(await client.pipelineRuns.get(GROUP, FACTORY, childId)).toMatchObject({
      status: 'Failed',
      runGroupId: runId,
      parameters: { number: '3' },
      invokedBy: { name: 'execute', invokedByType: 'PipelineActivity', id: activity?.activityRunId },
    });
  });

  test('goes on at once when it does not wait', async () => {
    const child = await putPipeline(fixture, echo);
    const call = execute(child, { waitOnCompletion: false, parameters: { number: 1 } });
    expect(await run({ activities: [call] })).toMatchObject({ status: 'Succeeded' });
  });

  test.each([
    ['a parameter without a value', {}, "'number' has no value"],
    ['a parameter of another type', { parameters: { number: 'one' } }, "'number' is of type Int; a String was given"],
    ['waitOnCompletion left out', { waitOnCompletion: undefined }, 'waitOnCompletion: is not written out'],
  ])('fails with %s', async (_, rest, text) => {
    const { status, message } = await run({ activities: [execute(await putPipeline(fixture, echo), rest)] });
    expect({ status, message }).toEqual({ status: 'Failed', message: expect.stringContaining(text) as string });
  });

  test('is refused when there is no such pipeline', async () => {
    await expect(putPipeline(fixture, { activities: [execute('none')] })).rejects.toMatchObject({ statusCode: 400 });
  });

  test('waits while the other pipeline takes no further run, and is cancelled with its runs or alone', async () => {
    const child = await putPipeline(fixture, {
      concurrency: 1,
      activities: [loop(expression('@range(0, 1)'), [waiting()])],
    });
    const parents = [await start({ activities: [execute(child)] }), await start({ activities: [execute(child)] })];
    const children = await Promise.all(parents.map(childOf));
    const status = async (runId = '') => (await client.pipelineRuns.get(GROUP, FACTORY, runId)).status;
    expect(await Promise.all(children.map(status))).toEqual(['InProgress', 'Queued']);

    await client.pipelineRuns.cancel(GROUP, FACTORY, parents[0] ?? '', { isRecursive: true });
    expect((await runEnd(fixture, children[0] ?? '')).status).toBe('Cancelled');
    expect(await status(children[1])).toBe('InProgress');
    await client.pipelineRuns.cancel(GROUP, FACTORY, parents[1] ?? '');
    expect((await runEnd(fixture, parents[1] ?? '')).status).toBe('Cancelled');
    expect(await status(children[1])).toBe('InProgress');
  });

  async function childOf(parent: string): Promise<string> {
    const { value } = await client.pipelineRuns.queryByFactory(GROUP, FACTORY, {
      lastUpdatedAfter: new Date(0),
      lastUpdatedBefore: new Date('9999-01-01T00:00:00Z'),
    });
    return value.find(({ runId, runGroupId }) => runGroupId === parent && runId !== parent)?.runId ?? '';
  }
});
