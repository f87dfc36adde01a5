/** The kinds of activity that the pipelines are made of, in the shape in which Data Factory takes them. Pure. */
import type { EntityDocument } from './connections.ts';
import { stagingContainer } from './names.ts';
import type { BlobPlace, EntityNames } from './names.ts';
import type { SourceKind } from '../setup/setup.ts';

/** An activity of a pipeline. */
export interface PipelineActivity {
  readonly name: string;
  readonly type: string;
  readonly dependsOn?: readonly { readonly activity: string; readonly dependencyConditions: readonly Condition[] }[];
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly linkedServiceName?: Readonly<Record<string, unknown>>;
  readonly inputs?: readonly unknown[];
  readonly outputs?: readonly unknown[];
  readonly typeProperties: Readonly<Record<string, unknown>>;
}

export type Condition = 'Succeeded' | 'Failed' | 'Skipped' | 'Completed';
export type Side = 'source' | 'destination';

/** A pipeline, whole. `concurrency` is how many of its runs go on at once; others wait. */
export function pipeline(
  { key }: PipelineContext,
  description: string,
  activities: readonly PipelineActivity[],
  parameters: Readonly<Record<string, { readonly type: 'String' | 'Int' | 'Bool'; readonly defaultValue?: unknown }>>,
  concurrency?: number,
): EntityDocument {
  return {
    properties: {
      description,
      activities,
      parameters: { ...parameters, operationId: { type: 'String' } },
      ...(concurrency === undefined ? {} : { concurrency }),
      annotations: [`mig_${key}`],
    },
  };
}

/** A value that Data Factory evaluates when the activity runs. */
export function expression(value: string) {
  return { type: 'Expression', value };
}

/** Who is told of the end of runs, and of which setup they are. */
export interface Notification {
  /** Base URL of the API. */
  readonly apiUrl: string;
  readonly apiVersion: string;
  /** For which a factory's identity asks for a token. */
  readonly resource: string;
  readonly factory: string;
  readonly tenantId: string;
  readonly setupId: string;
}

/** What activities need to know about the setup. */
export interface PipelineContext {
  readonly key: string;
  readonly names: EntityNames;
  readonly sourceKind: SourceKind;
  /** Whom runs tell of their end; undefined: nobody. */
  readonly notification?: Notification | undefined;
}

/** Runs an activity after others, if they succeeded or ended in another named way. */
export function after(
  activity: PipelineActivity,
  names: readonly string[],
  ...conditions: readonly Condition[]
): PipelineActivity {
  const dependencyConditions = conditions.length === 0 ? (['Succeeded'] as const) : conditions;
  const dependencies = names.map((name) => ({ activity: name, dependencyConditions }));
  return { ...activity, dependsOn: [...(activity.dependsOn ?? []), ...dependencies] };
}

/** Reads rows; the service cuts off after 5,000: https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity */
export function lookup(
  context: PipelineContext,
  name: string,
  side: Side,
  query: string,
  rows: 'first' | 'all',
): PipelineActivity {
  return {
    name,
    type: 'Lookup',
    policy: policy('0.00:30:00', 2),
    typeProperties: {
      source: { type: `${connectorOf(context, side)}Source`, sqlReaderQuery: query, queryTimeout: '00:30:00' },
      dataset: dataset(context, side, 'dbo', 'any'),
      firstRowOnly: rows === 'first',
    },
  };
}

/** T-SQL that a Script activity runs: a query gives its rows, the other counts what it changed. */
export interface ScriptBlock {
  readonly type: 'Query' | 'NonQuery';
  readonly text: string;
}

/** Values of a script's parameters, by name without `@`: the type, and the value or an expression. */
export type ScriptParameters = Readonly<
  Record<string, { readonly type: 'String' | 'Int32' | 'Boolean'; readonly value: unknown }>
>;

/** Runs blocks one after the other, all with the same parameters. */
export function script(
  context: PipelineContext,
  name: string,
  side: Side,
  blocks: readonly ScriptBlock[],
  given: ScriptParameters = {},
): PipelineActivity {
  const parameters = Object.entries(given).map(([parameter, typed]) => ({
    name: parameter,
    ...typed,
    direction: 'Input',
  }));
  return {
    name,
    type: 'Script',
    policy: policy('0.01:00:00', 1),
    linkedServiceName: linkedService(context.names.linkedServices[side]),
    typeProperties: {
      scripts: blocks.map((block) => (parameters.length === 0 ? block : { ...block, parameters })),
      scriptBlockExecutionTimeout: '01:00:00',
    },
  };
}

/** An activity that is not tried again: its failure is its answer. */
export function once(activity: PipelineActivity): PipelineActivity {
  return { ...activity, policy: { ...activity.policy, retry: 0 } };
}

/** An activity that is tried for ten minutes more: nothing comes after it that would mend what it leaves. */
export function persistent(activity: PipelineActivity): PipelineActivity {
  return { ...activity, policy: { ...activity.policy, retry: 5, retryIntervalInSeconds: 120 } };
}

/** Calls a stored procedure. Parameters are `[type, expression]` by name. */
export function storedProcedure(
  context: PipelineContext,
  name: string,
  side: Side,
  procedure: string,
  parameters: Readonly<Record<string, readonly [type: 'String' | 'Int32' | 'Int64', value: string]>>,
): PipelineActivity {
  const values = Object.entries(parameters).map(([parameter, [type, value]]) => [
    parameter,
    { type, value: expression(value) },
  ]);
  return {
    name,
    type: 'SqlServerStoredProcedure',
    policy: policy('0.12:00:00', 1),
    linkedServiceName: linkedService(context.names.linkedServices[side]),
    typeProperties: { storedProcedureName: procedure, storedProcedureParameters: Object.fromEntries(values) },
  };
}

/** What a copy reads on a side, and the table that it fills on the other. */
export interface CopyPlan {
  readonly from: Side;
  readonly source: Readonly<Record<string, unknown>>;
  readonly table: { readonly schema: unknown; readonly name: unknown };
  readonly preCopyScript: unknown;
  /** Whether nobody else writes into the table meanwhile, which is faster. */
  readonly locksTable: boolean;
}

/** Copies between the sides, staged so that neither needs a way to the other. */
export function copy(context: PipelineContext, name: string, plan: CopyPlan): PipelineActivity {
  const { from, source, table, preCopyScript, locksTable } = plan;
  const to = from === 'source' ? 'destination' : 'source';
  return {
    name,
    type: 'Copy',
    policy: policy('0.12:00:00', 2),
    inputs: [dataset(context, from, 'dbo', 'any')],
    outputs: [dataset(context, to, table.schema, table.name)],
    typeProperties: {
      source: { type: `${connectorOf(context, from)}Source`, queryTimeout: '12:00:00', ...source },
      sink: {
        type: `${connectorOf(context, to)}Sink`,
        preCopyScript,
        writeBehavior: 'insert',
        sqlWriterUseTableLock: locksTable,
      },
      enableStaging: true,
      stagingSettings: {
        linkedServiceName: linkedService(context.names.linkedServices.staging),
        path: expression(`${stagingContainer(context.key)}/@{pipeline().RunId}`),
        enableCompression: true,
      },
    },
  };
}

/**
 * Writes the rows of a query to a blob, one JSON object a line, in their order. What is NULL is left out.
 * https://learn.microsoft.com/azure/data-factory/format-json#json-as-sink
 */
export function copyToBlob(
  context: PipelineContext,
  name: string,
  { from, query, blob }: { readonly from: Side; readonly query: string; readonly blob: BlobPlace },
): PipelineActivity {
  return {
    name,
    type: 'Copy',
    policy: policy('0.02:00:00', 2),
    inputs: [dataset(context, from, 'dbo', 'any')],
    outputs: [{ type: 'DatasetReference', referenceName: context.names.datasets.catalogue, parameters: blob }],
    typeProperties: {
      source: { type: `${connectorOf(context, from)}Source`, sqlReaderQuery: query, queryTimeout: '02:00:00' },
      sink: {
        type: 'JsonSink',
        storeSettings: { type: 'AzureBlobStorageWriteSettings' },
        formatSettings: { type: 'JsonWriteSettings', filePattern: 'setOfObjects' },
      },
      parallelCopies: 1,
    },
  };
}

/** Ends the run as failed. https://learn.microsoft.com/azure/data-factory/control-flow-fail-activity */
export function fail(name: string, errorCode: string, message: string): PipelineActivity {
  return { name, type: 'Fail', typeProperties: { message: expression(message), errorCode } };
}

/** An expression for the errors of those activities that failed. By status: what succeeded may show an empty error. */
export function errorsOf(names: readonly string[]): string {
  const errors = names.map((name) => {
    const activity = `activity('${name}')`;
    return `if(equals(${activity}?.Status, 'Failed'), ${activity}?.error?.message, '')`;
  });
  return `concat(${errors.join(', ')})`;
}

function connectorOf({ sourceKind }: PipelineContext, side: Side): 'SqlServer' | 'AzureSql' {
  return side === 'source' && sourceKind === 'SqlServer' ? 'SqlServer' : 'AzureSql';
}

function dataset({ names }: PipelineContext, side: Side, schema: unknown, table: unknown) {
  return { type: 'DatasetReference', referenceName: names.datasets[side], parameters: { schema, table } };
}

function linkedService(referenceName: string) {
  return { type: 'LinkedServiceReference', referenceName };
}

function policy(timeout: string, retry: number) {
  return { timeout, retry, retryIntervalInSeconds: 30, secureInput: false, secureOutput: false };
}
