import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { Clock } from '../../endpoint/clock.ts';
import type { Connections } from '../connections.ts';
import { readDataset, reference, type Activity, type Reference } from '../documents.ts';
import { describeZodError } from '../errors.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Resources } from '../resources.ts';
import type { IntegrationRuntimes } from '../runtimes.ts';
import { ActivityError } from './activity-error.ts';
import type { ActivityRun } from './activity-run.ts';
import type { Database } from './database.ts';
import { evaluate, type Scope } from './expressions.ts';

/** What the pipelines of one factory run with. */
export interface FactoryServices {
  readonly name: string;
  readonly location: string;
  readonly resources: Resources;
  readonly runtimes: IntegrationRuntimes;
  readonly connections: Connections;
  readonly clock: Clock;
}

/** Carries out one activity and answers its own part of the output. Rejects with ActivityError, or with a defect. */
export type Executor = (context: ActivityContext) => Promise<JsonObject>;

/** A table behind a dataset. */
export interface TableReference {
  readonly linkedService: string;
  /** Quoted, `[schema].[table]`; absent when the dataset names no table. */
  readonly path: string | undefined;
}

const tableProperties = z.strictObject({ schema: z.string().optional(), table: z.string().optional() });

/** A blob behind a dataset of JSON. */
export interface BlobReference {
  readonly linkedService: string;
  readonly container: string;
  readonly path: string;
  readonly isCompressed: boolean;
}

// https://learn.microsoft.com/azure/data-factory/format-json#dataset-properties
// https://learn.microsoft.com/azure/data-factory/connector-azure-blob-storage#dataset-properties
const jsonProperties = z.strictObject({
  location: z.strictObject({
    type: z.literal('AzureBlobStorageLocation'),
    container: z.string().min(1),
    folderPath: z.string().optional(),
    fileName: z.string().min(1),
  }),
  compression: z.strictObject({ type: z.literal('gzip'), level: z.enum(['Fastest', 'Optimal']).optional() }).optional(),
});

function quote(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

/** One attempt at one activity: its evaluated properties, and the connections that it opens. */
export class ActivityContext {
  readonly activity: Activity;
  readonly properties: JsonObject;
  readonly #services: FactoryServices;
  readonly #scope: Scope;
  readonly #run: ActivityRun;
  readonly #signal: AbortSignal;
  readonly #databases: Database[] = [];
  /** The jobs of this activity, one on each runtime, with what ends them. */
  readonly #jobs = new Map<string, Promise<() => void>>();
  #queuedMilliseconds = 0;

  constructor(
    activity: Activity,
    properties: JsonObject,
    parts: {
      readonly services: FactoryServices;
      readonly scope: Scope;
      readonly run: ActivityRun;
      readonly signal: AbortSignal;
    },
  ) {
    this.activity = activity;
    this.properties = properties;
    this.#services = parts.services;
    this.#scope = parts.scope;
    this.#run = parts.run;
    this.#signal = parts.signal;
  }

  /** Reads the evaluated type properties; what the schema does not know is refused by name. */
  read<Schema extends z.ZodType>(schema: Schema, errorCode: string): z.infer<Schema> {
    const result = schema.safeParse(this.properties);
    if (result.success) return result.data;
    const problem = describeZodError(result.error);
    throw new ActivityError(errorCode, `The local Data Factory does not run this ${this.activity.type}: ${problem}`);
  }

  /** Waits for the linked service's integration runtime, then connects. Closed with the context. */
  async connect(linkedServiceName: string): Promise<Database> {
    const linkedService = this.#services.connections.linkedService(linkedServiceName);
    if (linkedService.type !== 'SqlServer' && linkedService.type !== 'AzureSqlDatabase') {
      throw new Error(`The linked service '${linkedServiceName}' is no SQL database.`);
    }
    await this.#useRuntime(linkedService.connectVia?.referenceName);
    const database = await this.#services.connections.database(linkedService.typeProperties);
    this.#databases.push(database);
    // The activity may have been given up meanwhile.
    if (this.#signal.aborted) await database.close();
    return database;
  }

  /** A reference outside the type properties, its parameters evaluated. */
  reference({ referenceName, parameters }: Reference): Reference {
    return reference.parse({ referenceName, parameters: evaluate(parameters, this.#scope) });
  }

  now(): number {
    return this.#services.clock.now();
  }

  /** A token of the factory's identity. */
  token(resource: string): Promise<string> {
    return this.#services.connections.token(resource);
  }

  /** Lets time pass; the activity may be given up meanwhile. */
  async pause(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#services.clock.after(milliseconds, resolve);
    this.#signal.addEventListener('abort', cancel, { once: true });
    await promise;
  }

  /** Does something that is given up after some time, or with the activity. */
  async withinTime<Result>(milliseconds: number, act: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const timer = new AbortController();
    const cancel = this.#services.clock.after(milliseconds, () => {
      timer.abort(new Error(`There was no answer within ${milliseconds / 1_000} seconds.`));
    });
    try {
      return await act(AbortSignal.any([this.#signal, timer.signal]));
    } finally {
      cancel();
    }
  }

  /** The table of a dataset. */
  table(dataset: Reference): TableReference {
    const { linkedService, properties } = this.#dataset(dataset);
    const { schema, table } = tableProperties.parse(properties);
    const names = [schema, table].filter((name) => name !== undefined);
    return { linkedService, path: table === undefined ? undefined : names.map(quote).join('.') };
  }

  /** The blob of a dataset. */
  blob(dataset: Reference): BlobReference {
    const { linkedService, properties } = this.#dataset(dataset);
    const { location, compression } = jsonProperties.parse(properties);
    const { container, folderPath = '', fileName } = location;
    const path = [...folderPath.split('/'), fileName].filter((part) => part !== '').join('/');
    return { linkedService, container, path, isCompressed: compression !== undefined };
  }

  /** A dataset; its parameters are those of the reference, which is evaluated already, or defaults. */
  #dataset({ referenceName, parameters }: Reference): { readonly linkedService: string; readonly properties: Json } {
    const dataset = readDataset(this.#services.resources.get('datasets', referenceName).properties);
    const values: Record<string, Json> = {};
    for (const [name, { defaultValue }] of Object.entries(dataset.parameters)) {
      const value = parameters[name] ?? defaultValue;
      if (value === undefined)
        throw new Error(`The parameter '${name}' of the dataset '${referenceName}' has no value.`);
      values[name] = value;
    }
    return {
      linkedService: dataset.linkedServiceName.referenceName,
      properties: evaluate(dataset.typeProperties, { ...this.#scope, dataset: values }),
    };
  }

  /** A container of the blob storage behind a linked service, and whether the factory's identity opens it. */
  container(
    linkedServiceName: string,
    name: string,
  ): { readonly container: ContainerClient; readonly byIdentity: boolean } {
    const linkedService = this.#services.connections.linkedService(linkedServiceName);
    if (linkedService.type !== 'AzureBlobStorage') {
      throw new Error(`The linked service '${linkedServiceName}' is no blob storage.`);
    }
    const { typeProperties } = linkedService;
    const container = this.#services.connections.container(typeProperties, name);
    if (container === undefined) throw new Error(`The signature of '${linkedServiceName}' is not for '${name}'.`);
    return { container, byIdentity: 'serviceEndpoint' in typeProperties };
  }

  /** The activity's own linked service (Script, Stored procedure). */
  linkedServiceName(): string {
    return reference.parse(this.activity.linkedServiceName).referenceName;
  }

  /** The part of the output that is the same for all activities. */
  envelope(activityType: 'PipelineActivity' | 'ExternalActivity' | 'DataMovement'): JsonObject {
    const runtime = this.#run.runtimes[0] ?? AUTO_RESOLVE;
    const isAzure = runtime === AUTO_RESOLVE;
    return {
      effectiveIntegrationRuntime: isAzure ? `${runtime} (${this.#services.location})` : runtime,
      durationInQueue: { integrationRuntimeQueue: Math.round(this.#queuedMilliseconds / 1_000) },
      billingReference: {
        activityType,
        // Billed by the minute, rounded up.
        billableDuration: [{ meterType: isAzure ? 'AzureIR' : 'SelfhostedIR', duration: 1 / 60, unit: 'Hours' }],
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#databases.map((database) => database.close()));
    const jobs = await Promise.allSettled(this.#jobs.values());
    for (const job of jobs) if (job.status === 'fulfilled') job.value();
  }

  async #useRuntime(name: string | undefined): Promise<void> {
    const used = name ?? AUTO_RESOLVE;
    if (!this.#run.runtimes.includes(used)) this.#run.runtimes.push(used);
    if (name === undefined) return;
    const { runtimes, clock } = this.#services;
    const start = clock.now();
    this.#run.status = 'Queued';
    const job = this.#jobs.get(name) ?? runtimes.take(name, this.#signal);
    this.#jobs.set(name, job);
    await job;
    this.#run.status = 'InProgress';
    this.#queuedMilliseconds += clock.now() - start;
  }
}

const AUTO_RESOLVE = 'AutoResolveIntegrationRuntime';
