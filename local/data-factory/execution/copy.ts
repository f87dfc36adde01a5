import { z } from 'zod';
import { reference, type Reference } from '../documents.ts';
import type { JsonObject } from '../json.ts';
import type { ActivityContext, Executor } from './activity-context.ts';
import { ActivityError, unsupportedSetting } from './activity-error.ts';
import type { ColumnType } from './database.ts';
import { dataFailure } from './sql-failures.ts';
import { readCopySource, sqlCopySource } from './sql-source.ts';
import { stage } from './staging.ts';

const ERROR_CODE = '2200';
const DEFAULT_BATCH_SIZE = 10_000;

// https://learn.microsoft.com/azure/data-factory/connector-azure-sql-database#azure-sql-database-as-the-sink
const sqlSink = z.strictObject({
  type: z.enum(['SqlServerSink', 'AzureSqlSink']),
  preCopyScript: z.string().optional(),
  writeBehavior: z.literal('insert').optional(),
  tableOption: z.literal('none').optional(),
  writeBatchSize: z.int().min(1).default(DEFAULT_BATCH_SIZE),
  // The rest changes speed, not the result, and has no effect here.
  writeBatchTimeout: z.string().optional(),
  sqlWriterUseTableLock: z.boolean().optional(),
  disableMetricsCollection: z.boolean().optional(),
});

const properties = z.strictObject({
  source: sqlCopySource,
  sink: sqlSink,
  enableStaging: z.boolean().default(false),
  stagingSettings: z
    .strictObject({
      linkedServiceName: reference,
      path: z.string().min(1),
      enableCompression: z.boolean().default(false),
    })
    .optional(),
  translator: z
    .strictObject({
      type: z.literal('TabularTranslator'),
      typeConversion: z.boolean().optional(),
      typeConversionSettings: z.unknown().optional(),
    })
    .optional(),
  parallelCopies: z.number().optional(),
  dataIntegrationUnits: z.number().optional(),
});
type CopyProperties = z.infer<typeof properties>;

/** Copy: inserts the rows of a query into a table, by column name, through blob storage when staging is enabled. */
export const copy: Executor = async (context) => {
  const settings = context.read(properties, ERROR_CODE);
  const start = context.now();
  const source = context.table(context.reference(only(context.activity.inputs, 'input')));
  const sink = context.table(context.reference(only(context.activity.outputs, 'output')));
  const sinkPath = sink.path;
  if (sinkPath === undefined) throw new ActivityError(ERROR_CODE, 'The dataset of the sink has no table.');

  const from = await onSide('Source', () => context.connect(source.linkedService));
  const counted = new CountedRows(from.stream(readCopySource(settings.source, source, ERROR_CODE), checkPrecision));
  const copied = await viaStaging(context, settings, counted, (rows) =>
    onSide('Sink', async () => {
      const to = await context.connect(sink.linkedService);
      // The service may look at the table before it runs the script, so that no script can make it.
      await to.query(`SELECT TOP (0) * FROM ${sinkPath}`);
      if (settings.sink.preCopyScript !== undefined) await to.query(settings.sink.preCopyScript);
      return to.insert(sinkPath, rows, settings.sink.writeBatchSize);
    }),
  );
  return {
    dataRead: counted.bytes,
    dataWritten: counted.bytes,
    rowsRead: counted.rows,
    rowsCopied: copied,
    copyDuration: Math.ceil((context.now() - start) / 1_000),
    errors: [],
    usedParallelCopies: 1,
    dataConsistencyVerification: { VerificationResult: 'NotVerified' },
    ...context.envelope('DataMovement'),
  };
};

// https://learn.microsoft.com/azure/data-factory/connector-sql-server#data-type-mapping-for-sql-server
const MAXIMUM_PRECISION = 28;

function checkPrecision({ name, precision }: ColumnType): void {
  if (precision === undefined || precision <= MAXIMUM_PRECISION) return;
  const text = `The column '${name}' has ${precision} digits; a Copy carries decimals of at most ${MAXIMUM_PRECISION}.`;
  throw new ActivityError(ERROR_CODE, `Failure happened on 'Source' side. ${text}`);
}

function only(references: readonly Reference[], what: string): Reference {
  const [first, ...others] = references;
  if (first !== undefined && others.length === 0) return first;
  throw new ActivityError(ERROR_CODE, `A Copy needs one ${what}; it has ${references.length}.`);
}

async function onSide<Result>(side: 'Source' | 'Sink', act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw dataFailure(ERROR_CODE, side, error);
  }
}

async function viaStaging(
  context: ActivityContext,
  { enableStaging, stagingSettings }: CopyProperties,
  rows: AsyncIterable<JsonObject>,
  write: (rows: AsyncIterable<JsonObject>) => Promise<number>,
): Promise<number> {
  if (!enableStaging) return write(rows);
  if (stagingSettings === undefined) throw unsupportedSetting(ERROR_CODE, 'Staging without stagingSettings');
  const { linkedServiceName, path, enableCompression } = stagingSettings;
  const [containerName = '', ...folders] = path.split('/').filter((part) => part !== '');
  const { container, byIdentity } = context.container(linkedServiceName.referenceName, containerName);
  if (byIdentity && enableCompression) {
    // https://learn.microsoft.com/azure/data-factory/copy-activity-performance-features#staged-copy
    const text = 'Staging with compression does not support a managed identity for the staging storage.';
    throw new ActivityError(ERROR_CODE, text);
  }
  // A signature for a container does not create it.
  if (byIdentity) await container.createIfNotExists();
  const staged = await stage(container, folders.join('/'), rows, enableCompression);
  try {
    return await write(staged.rows());
  } finally {
    await staged.delete();
  }
}

/** Counts what passes; a failure while reading is one of the source, wherever it surfaces. */
class CountedRows implements AsyncIterable<JsonObject> {
  readonly #source: AsyncIterable<JsonObject>;
  rows = 0;
  bytes = 0;

  constructor(source: AsyncIterable<JsonObject>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<JsonObject> {
    try {
      for await (const row of this.#source) {
        this.rows += 1;
        this.bytes += Buffer.byteLength(JSON.stringify(row));
        yield row;
      }
    } catch (error) {
      throw dataFailure(ERROR_CODE, 'Source', error);
    }
  }
}
