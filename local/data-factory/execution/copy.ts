import { z } from 'zod';
import { reference, type Reference } from '../documents.ts';
import type { JsonObject } from '../json.ts';
import type { ActivityContext, Executor } from './activity-context.ts';
import { ActivityError, unsupportedSetting } from './activity-error.ts';
import type { ColumnType } from './database.ts';
import { dataFailure } from './sql-failures.ts';
import { readCopySource, sqlCopySource } from './sql-source.ts';
import { stage } from './staging.ts';
import { writeJsonLines } from './json-lines.ts';

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

// https://learn.microsoft.com/azure/data-factory/format-json#json-as-sink
const jsonSink = z.strictObject({
  type: z.literal('JsonSink'),
  storeSettings: z.strictObject({ type: z.literal('AzureBlobStorageWriteSettings') }),
  formatSettings: z.strictObject({ type: z.literal('JsonWriteSettings'), filePattern: z.literal('setOfObjects') }),
});

const properties = z.strictObject({
  source: sqlCopySource,
  sink: z.discriminatedUnion('type', [sqlSink, jsonSink]),
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

/** Copy: inserts the rows of a query into a table, by column name, also through blob storage; or writes them to a blob. */
export const copy: Executor = async (context) => {
  const settings = context.read(properties, ERROR_CODE);
  const start = context.now();
  const source = context.table(context.reference(only(context.activity.inputs, 'input')));
  const sink = context.reference(only(context.activity.outputs, 'output'));
  const from = await onSide('Source', () => context.connect(source.linkedService));
  const counted = new CountedRows(from.stream(readCopySource(settings.source, source, ERROR_CODE), checkPrecision));
  const copied =
    settings.sink.type === 'JsonSink'
      ? await toBlob(context, settings, sink, counted)
      : await toTable(context, { ...settings, sink: settings.sink }, sink, counted);
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

async function toTable(
  context: ActivityContext,
  settings: CopyProperties & { readonly sink: z.infer<typeof sqlSink> },
  dataset: Reference,
  rows: AsyncIterable<JsonObject>,
): Promise<number> {
  const { linkedService, path } = context.table(dataset);
  if (path === undefined) throw new ActivityError(ERROR_CODE, 'The dataset of the sink has no table.');
  const { preCopyScript, writeBatchSize } = settings.sink;
  return viaStaging(context, settings, rows, (staged) =>
    onSide('Sink', async () => {
      const to = await context.connect(linkedService);
      // The service may look at the table before it runs the script, so that no script can make it.
      await to.query(`SELECT TOP (0) * FROM ${path}`);
      if (preCopyScript !== undefined) await to.query(preCopyScript);
      return to.insert(path, staged, writeBatchSize);
    }),
  );
}

async function toBlob(
  context: ActivityContext,
  { enableStaging }: CopyProperties,
  dataset: Reference,
  rows: AsyncIterable<JsonObject>,
): Promise<number> {
  if (enableStaging) throw unsupportedSetting(ERROR_CODE, 'Staging on the way to a blob');
  const { linkedService, container: name, path, isCompressed } = context.blob(dataset);
  const { container } = context.container(linkedService, name);
  const blob = container.getBlockBlobClient(path);
  return onSide('Sink', () => writeJsonLines(blob, withoutNulls(rows), isCompressed));
}

/** A JSON file has no properties for what is NULL. */
async function* withoutNulls(rows: AsyncIterable<JsonObject>): AsyncGenerator<JsonObject> {
  for await (const row of rows) yield Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
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
