/** The pipelines that copy the data once a setup is ready. Pure. */
import type { EntityDocument } from './connections.ts';
import { after, copy, expression, lookup, pipeline, storedProcedure } from './pipeline-activities.ts';
import type { PipelineActivity, PipelineContext } from './pipeline-activities.ts';

const int = { type: 'Int' } as const;
const string = { type: 'String' } as const;

/** The top level of a replication run. It is driven by the control rows in the destination, whatever the number of tables. */
export function replicatePipeline(context: PipelineContext): EntityDocument {
  const { large, small } = context.names.pipelines;
  const replicationId = '@pipeline().parameters.replicationId';
  const groups = (name: string, procedure: string) =>
    after(
      lookup(
        context,
        name,
        'destination',
        `EXEC [mig].[${procedure}] @replicationId = @{pipeline().parameters.replicationId}`,
        'all',
      ),
      ['BeginReplication'],
    );
  const activities = [
    lookup(context, 'SourceVersion', 'source', 'SELECT CHANGE_TRACKING_CURRENT_VERSION() AS [version]', 'first'),
    after(
      storedProcedure(context, 'BeginReplication', 'destination', '[mig].[BeginReplication]', {
        replicationId: ['Int32', replicationId],
        pipelineRunId: ['String', '@pipeline().RunId'],
        mode: ['String', '@pipeline().parameters.mode'],
        companies: ['String', '@pipeline().parameters.companies'],
        version: ['Int64', "@activity('SourceVersion').output.firstRow.version"],
      }),
      ['SourceVersion'],
    ),
    groups('SmallPacks', 'GetPacks'),
    groups('LargeBatches', 'GetLargeBatches'),
    // Packs side by side, batches one after the other: a batch already copies twenty tables at a time.
    forEach('EachPack', 'SmallPacks', 10, [run('RunPack', small, { replicationId, packNumber: '@item().packNumber' })]),
    forEach('EachBatch', 'LargeBatches', 1, [
      run('RunBatch', large, { replicationId, batchNumber: '@item().batchNumber' }),
    ]),
    after(
      storedProcedure(context, 'EndReplication', 'destination', '[mig].[EndReplication]', {
        replicationId: ['Int32', replicationId],
      }),
      ['EachPack', 'EachBatch'],
      'Completed',
      'Skipped',
    ),
    after(
      lookup(
        context,
        'Summary',
        'destination',
        'EXEC [mig].[GetSummary] @replicationId = @{pipeline().parameters.replicationId}',
        'first',
      ),
      ['EndReplication'],
    ),
    after(
      {
        name: 'AnyFailure',
        type: 'IfCondition',
        typeProperties: {
          expression: expression("@greater(activity('Summary').output.firstRow.failedTables, 0)"),
          ifTrueActivities: [
            fail(
              'ReplicationFailed',
              'MIG-PARTIAL',
              "@concat(string(activity('Summary').output.firstRow.failedTables), ' of ', string(activity('Summary').output.firstRow.tables), ' tables failed')",
            ),
          ],
        },
      },
      ['Summary'],
    ),
  ];
  const parameters = { replicationId: int, mode: string, companies: string };
  return pipeline(context, 'Runs a replication; idle until somebody starts it.', activities, parameters);
}

/** Copies one batch of large tables, each staged and applied by itself. A table that fails does not stop the others. */
export function largeTablesPipeline(context: PipelineContext): EntityDocument {
  const replicationId = ['Int32', '@pipeline().parameters.replicationId'] as const;
  const controlId = ['Int32', '@item().controlId'] as const;
  const each = [
    copy(context, 'CopyTable', {
      source: { sqlReaderQuery: expression('@item().selectStatement') },
      table: { schema: expression('@item().stageSchema'), name: expression('@item().stageTable') },
      preCopyScript: expression('@item().preCopyScript'),
    }),
    after(storedProcedure(context, 'ApplyTable', 'destination', '[mig].[ApplyTable]', { replicationId, controlId }), [
      'CopyTable',
    ]),
    after(
      storedProcedure(context, 'LogFailure', 'destination', '[mig].[LogTableFailure]', {
        replicationId,
        controlId,
        error: ['String', errorOf('CopyTable', 'ApplyTable')],
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
  return pipeline(context, 'Copies a batch of large tables.', activities, { replicationId: int, batchNumber: int });
}

/** Copies one pack of small tables in one go: packed into JSON at the source, unpacked at the destination. */
export function smallTablesPipeline(context: PipelineContext): EntityDocument {
  const replicationId = ['Int32', '@pipeline().parameters.replicationId'] as const;
  const packNumber = ['Int32', '@pipeline().parameters.packNumber'] as const;
  const manifest =
    'EXEC [mig].[GetPackManifest] @replicationId = @{pipeline().parameters.replicationId}, @packNumber = @{pipeline().parameters.packNumber}';
  const typed = ([type, value]: readonly [string, string]) => ({ type, value: expression(value) });
  const activities = [
    lookup(context, 'Manifest', 'destination', manifest, 'first'),
    after(
      copy(context, 'CopyPack', {
        source: {
          sqlReaderStoredProcedureName: '[mig].[PackTables]',
          storedProcedureParameters: {
            replicationId: typed(replicationId),
            packNumber: typed(packNumber),
            toVersion: typed(['Int64', "@activity('Manifest').output.firstRow.toVersion"]),
            manifest: typed(['String', "@activity('Manifest').output.firstRow.manifest"]),
          },
        },
        table: { schema: 'mig', name: 'PackStage' },
        preCopyScript: expression(
          'DELETE FROM [mig].[PackStage] WHERE [replicationId] = @{pipeline().parameters.replicationId} AND [packNumber] = @{pipeline().parameters.packNumber}',
        ),
      }),
      ['Manifest'],
    ),
    after(storedProcedure(context, 'UnpackPack', 'destination', '[mig].[UnpackPack]', { replicationId, packNumber }), [
      'CopyPack',
    ]),
    after(
      storedProcedure(context, 'LogFailure', 'destination', '[mig].[LogPackFailure]', {
        replicationId,
        packNumber,
        error: ['String', errorOf('CopyPack', 'UnpackPack')],
      }),
      ['UnpackPack'],
      'Failed',
      'Skipped',
    ),
  ];
  return pipeline(context, 'Copies a pack of small tables.', activities, { replicationId: int, packNumber: int });
}

function fail(name: string, errorCode: string, message: string): PipelineActivity {
  return { name, type: 'Fail', typeProperties: { message: expression(message), errorCode } };
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

function errorOf(first: string, second: string): string {
  return `@string(coalesce(activity('${first}')?.error?.message, activity('${second}')?.error?.message, 'unknown'))`;
}
