/** The pipelines that copy the data once a setup is ready. Pure. */
import type { EntityDocument } from './connections.ts';
import { announcedEnd, decidingActivities } from './notification.ts';
import {
  after,
  copy,
  errorsOf,
  expression,
  fail,
  lookup,
  once,
  pipeline,
  storedProcedure,
} from './pipeline-activities.ts';
import type { PipelineActivity, PipelineContext } from './pipeline-activities.ts';

const int = { type: 'Int' } as const;
const string = { type: 'String' } as const;

const replicationId = ['Int32', '@pipeline().parameters.replicationId'] as const;
const toVersion = ['Int64', '@pipeline().parameters.toVersion'] as const;
const pipelineRunId = ['String', '@pipeline().RunId'] as const;

/**
 * The top level of a replication run. It is driven by the control rows in the destination, whatever the number of tables:
 * only ids travel through it, never a statement or a list, since the payload of an activity is limited. The run's end
 * decides by the log whether it succeeded.
 */
export function replicatePipeline(context: PipelineContext): EntityDocument {
  const activities = [
    ...openReplication(context),
    ...copyGroups(context),
    ...closeReplication(context),
    ...announcedEnd(context, decidingActivities.replicate, [
      'BeginReplication',
      ...openingSteps,
      'EndReplication',
      'Summary',
    ]),
  ];
  return pipeline(
    context,
    'Runs a replication; idle until somebody starts it.',
    activities,
    { replicationId: int, mode: string, retryOf: { ...int, defaultValue: 0 } },
    1,
  );
}

/** Steps of a replication that must succeed before any table is reached. */
const openingSteps = [
  'SourcePlan',
  'SyncPlan',
  'TakePlan',
  'EnableChangeTracking',
  'SourceVersion',
  'SetVersion',
  'SmallPacks',
  'LargeBatches',
];

function openReplication(context: PipelineContext): readonly PipelineActivity[] {
  const none = '00000000-0000-0000-0000-000000000000';
  const knownPlan = `SELECT CAST(ISNULL((SELECT TOP (1) [planId] FROM [mig].[Plan]), '${none}') AS nvarchar(36)) AS [planId]`;
  return [
    once(
      storedProcedure(context, 'BeginReplication', 'destination', '[mig].[BeginReplication]', {
        replicationId,
        pipelineRunId,
        mode: ['String', '@pipeline().parameters.mode'],
        retryOf: ['Int32', '@pipeline().parameters.retryOf'],
      }),
    ),
    // The first login at the source: once, since some wrong ones after each other lock an account.
    after(once(lookup(context, 'SourcePlan', 'source', knownPlan, 'first')), ['BeginReplication']),
    after(
      copy(context, 'SyncPlan', {
        from: 'destination',
        source: procedureSource('[mig].[GetPlan]', {
          replicationId,
          knownPlanId: ['String', "@activity('SourcePlan').output.firstRow.planId"],
        }),
        table: { schema: 'mig', name: 'PlanPart' },
        preCopyScript: 'TRUNCATE TABLE [mig].[PlanPart]',
        locksTable: true,
      }),
      ['SourcePlan'],
    ),
    after(storedProcedure(context, 'TakePlan', 'source', '[mig].[TakePlan]', {}), ['SyncPlan']),
    after(
      storedProcedure(context, 'EnableChangeTracking', 'source', '[mig].[EnableChangeTracking]', { replicationId }),
      ['TakePlan'],
    ),
    // After it: what is read whole because its changes were not tracked until now is complete up to this version.
    after(lookup(context, 'SourceVersion', 'source', 'EXEC [mig].[TakeVersion]', 'first'), ['EnableChangeTracking']),
    after(
      storedProcedure(context, 'SetVersion', 'destination', '[mig].[SetVersion]', {
        replicationId,
        version: ['Int64', sourceVersion],
      }),
      ['SourceVersion'],
    ),
  ];
}

const sourceVersion = "@activity('SourceVersion').output.firstRow.version";

function copyGroups(context: PipelineContext): readonly PipelineActivity[] {
  const { large, small } = context.names.pipelines;
  const groups = (name: string, procedure: string) =>
    after(
      lookup(
        context,
        name,
        'destination',
        `EXEC [mig].[${procedure}] @replicationId = @{pipeline().parameters.replicationId}`,
        'all',
      ),
      ['SetVersion'],
    );
  const given = { replicationId: replicationId[1], toVersion: sourceVersion };
  return [
    groups('SmallPacks', 'GetPacks'),
    groups('LargeBatches', 'GetLargeBatches'),
    // Packs side by side, batches one after the other: a batch already copies twenty tables at a time.
    forEach('EachPack', 'SmallPacks', 10, [run('RunPack', small, { ...given, packNumber: '@item().packNumber' })]),
    forEach('EachBatch', 'LargeBatches', 1, [run('RunBatch', large, { ...given, batchNumber: '@item().batchNumber' })]),
  ];
}

function closeReplication(context: PipelineContext): readonly PipelineActivity[] {
  const reason = errorsOf(openingSteps);
  const summary = "activity('Summary').output.firstRow";
  return [
    after(
      after(
        storedProcedure(context, 'EndReplication', 'destination', '[mig].[EndReplication]', {
          replicationId,
          pipelineRunId,
          error: ['String', `@${reason}`],
        }),
        ['EachPack', 'EachBatch'],
        'Completed',
        'Skipped',
      ),
      // What was not begun must not be ended; the run then fails as this step did.
      ['BeginReplication'],
    ),
    after(
      lookup(
        context,
        'Summary',
        'destination',
        "EXEC [mig].[GetSummary] @replicationId = @{pipeline().parameters.replicationId}, @pipelineRunId = '@{pipeline().RunId}'",
        'first',
      ),
      ['EndReplication'],
    ),
    after(
      {
        name: decidingActivities.replicate,
        type: 'IfCondition',
        typeProperties: {
          expression: expression(`@not(equals(${summary}.succeededTables, ${summary}.tables))`),
          ifTrueActivities: [
            fail(
              'ReplicationFailed',
              'MIG-PARTIAL',
              `@concat(string(${summary}.failedTables), ' of ', string(${summary}.tables), ' tables failed. ', ${reason})`,
            ),
          ],
        },
      },
      ['Summary'],
    ),
  ];
}

/** Copies one batch of large tables, each staged and applied by itself. A table that fails does not stop the others. */
export function largeTablesPipeline(context: PipelineContext): EntityDocument {
  const controlId = ['Int32', '@item().controlId'] as const;
  const step = (name: string, procedure: string) =>
    storedProcedure(context, name, 'destination', `[mig].[${procedure}]`, { replicationId, controlId });
  const each = [
    // Not the copy's own script: the copy looks at the table before it runs that.
    step('CreateStage', 'CreateStage'),
    after(
      copy(context, 'CopyTable', {
        from: 'source',
        source: procedureSource('[mig].[ReadTable]', { replicationId, controlId, toVersion }),
        table: { schema: 'mig', name: expression('Stage@{item().controlId}') },
        preCopyScript: expression('TRUNCATE TABLE [mig].[Stage@{item().controlId}]'),
        locksTable: true,
      }),
      ['CreateStage'],
    ),
    after(step('ApplyTable', 'ApplyTable'), ['CopyTable']),
    after(
      storedProcedure(context, 'LogFailure', 'destination', '[mig].[LogTableFailure]', {
        replicationId,
        controlId,
        error: ['String', `@${errorsOf(['CreateStage', 'CopyTable', 'ApplyTable'])}`],
      }),
      ['ApplyTable'],
      'Failed',
      'Skipped',
    ),
  ];
  const tables =
    'EXEC [mig].[GetLargeBatch] @replicationId = @{pipeline().parameters.replicationId}, @batchNumber = @{pipeline().parameters.batchNumber}';
  const activities = [
    lookup(context, 'Tables', 'destination', tables, 'all'),
    forEach('EachTable', 'Tables', 20, each),
  ];
  const parameters = { replicationId: int, batchNumber: int, toVersion: int };
  return pipeline(context, 'Copies a batch of large tables.', activities, parameters);
}

/** Copies one pack of small tables in one go: packed into JSON at the source, unpacked at the destination. */
export function smallTablesPipeline(context: PipelineContext): EntityDocument {
  const packNumber = ['Int32', '@pipeline().parameters.packNumber'] as const;
  const activities = [
    copy(context, 'CopyPack', {
      from: 'source',
      source: procedureSource('[mig].[PackTables]', { replicationId, packNumber, toVersion }),
      table: { schema: 'mig', name: 'PackStage' },
      preCopyScript: expression(
        'DELETE FROM [mig].[PackStage] WHERE [replicationId] = @{pipeline().parameters.replicationId} AND [packNumber] = @{pipeline().parameters.packNumber}',
      ),
      // Other packs arrive at the same time.
      locksTable: false,
    }),
    after(storedProcedure(context, 'UnpackPack', 'destination', '[mig].[UnpackPack]', { replicationId, packNumber }), [
      'CopyPack',
    ]),
    after(
      storedProcedure(context, 'LogFailure', 'destination', '[mig].[LogPackFailure]', {
        replicationId,
        packNumber,
        error: ['String', `@${errorsOf(['CopyPack', 'UnpackPack'])}`],
      }),
      ['UnpackPack'],
      'Failed',
      'Skipped',
    ),
  ];
  const parameters = { replicationId: int, packNumber: int, toVersion: int };
  return pipeline(context, 'Copies a pack of small tables.', activities, parameters);
}

type Typed = readonly [type: 'String' | 'Int32' | 'Int64', value: string];

/** Reads what a procedure returns. */
function procedureSource(procedure: string, parameters: Readonly<Record<string, Typed>>) {
  const values = Object.entries(parameters).map(([name, [type, value]]) => [name, { type, value: expression(value) }]);
  return {
    sqlReaderStoredProcedureName: procedure,
    storedProcedureParameters: Object.fromEntries(values) as Readonly<Record<string, unknown>>,
  };
}

function forEach(
  name: string,
  items: string,
  batchCount: number,
  activities: readonly PipelineActivity[],
): PipelineActivity {
  const loop: PipelineActivity = {
    name,
    type: 'ForEach',
    typeProperties: {
      items: expression(`@activity('${items}').output.value`),
      ...(batchCount === 1 ? { isSequential: true } : { isSequential: false, batchCount }),
      activities,
    },
  };
  return after(loop, [items]);
}

function run(name: string, referenceName: string, parameters: Readonly<Record<string, string>>): PipelineActivity {
  const all = { ...parameters, operationId: '@pipeline().parameters.operationId' };
  const values = Object.entries(all).map(([parameter, value]) => [parameter, expression(value)]);
  return {
    name,
    type: 'ExecutePipeline',
    typeProperties: {
      pipeline: { type: 'PipelineReference', referenceName },
      // Written out, because the service and its SDK document different defaults.
      waitOnCompletion: true,
      parameters: Object.fromEntries(values) as Record<string, unknown>,
    },
  };
}
