/** The data factories, through Azure Resource Manager. Documents go out whole, as `pipelines.ts` builds them. */
import type { DataFactoryManagementClient, PipelineRun } from '@azure/arm-datafactory';
import type { Clock } from '../clock.ts';
import type { EntityDocument } from './connections.ts';
import { unlessRefused, unlessMissing } from '../requests/rest-errors.ts';
import type { RefusedLoad, RuntimeLoad } from '../runtimes/runtime-load.ts';
import type { Factory } from '../setup/setup.ts';

/**
 * Gives the client of a subscription, one that repeats nothing: who called repeats, `createRun` has no idempotency key,
 * and a client that sleeps before it tries again would change a factory after others believe that it does not any more.
 */
export type ClientOf = (subscriptionId: string) => DataFactoryManagementClient;

/** A self-hosted runtime as it is defined in a factory. */
export interface RuntimeDefinition {
  readonly selfHosted: boolean;
  readonly description: string;
}

/** Whether a runtime is there to work, and its nodes that are. */
export interface RuntimeStatus {
  readonly online: boolean;
  readonly nodes: readonly { readonly name: string; readonly version: string }[];
  /** Of the version of the nodes, such as `UpToDate` or `Expiring`; empty if Data Factory says nothing of it. */
  readonly versionStatus: string;
  readonly updatesItself: boolean;
  /** Nodes that were registered, also those that do not work now. */
  readonly registered: number;
  readonly createdAt: Date | undefined;
}

/** The keys with which nodes register. Secrets. */
export interface RuntimeKeys {
  readonly authKey1: string;
  readonly authKey2: string;
}

/** How a pipeline run ended: `Succeeded`, `Failed` or `Cancelled`, and why if it failed. */
export interface EndedRun {
  readonly status: string;
  readonly message: string;
}

/** Kinds of entity that a setup owns in a factory and that are put whole. */
export type EntityKind = 'pipelines' | 'datasets' | 'linkedServices';

const DAY_MS = 24 * 60 * 60 * 1000;
const LONGEST_RUN_DAYS = 7;

export class DataFactories {
  readonly #clientOf: ClientOf;
  readonly #clock: Clock;

  constructor(clientOf: ClientOf, clock: Clock) {
    this.#clientOf = clientOf;
    this.#clock = clock;
  }

  /** Reads a factory, with one request. @throws {RestError} if it cannot be reached or does not exist */
  async check(factory: Factory): Promise<void> {
    await this.principalOf(factory);
  }

  /** Object id of the identity of a factory; undefined if it has none. @throws as `check` does */
  async principalOf(factory: Factory): Promise<string | undefined> {
    const client = this.#clientOf(factory.subscriptionId);
    const { identity } = await client.factories.get(factory.resourceGroup, factory.name);
    return identity?.principalId;
  }

  /**
   * Counts pipelines, datasets, linked services, runtimes and triggers, whose documents come whole.
   * @throws {RestError} if the factory cannot be reached or does not exist
   */
  async countEntities(factory: Factory): Promise<number> {
    const client = this.#clientOf(factory.subscriptionId);
    const { resourceGroup, name } = factory;
    const counts = await Promise.all([
      count(client.pipelines.listByFactory(resourceGroup, name)),
      count(client.datasets.listByFactory(resourceGroup, name)),
      count(client.linkedServices.listByFactory(resourceGroup, name)),
      count(client.integrationRuntimes.listByFactory(resourceGroup, name)),
      count(client.triggers.listByFactory(resourceGroup, name)),
    ]);
    return counts.reduce((sum, one) => sum + one, 0);
  }

  /** Counts pipeline runs that are queued or in progress. @throws as `countEntities` does */
  async countRuns(factory: Factory): Promise<number> {
    return (await this.#runs(factory, [{ operand: 'Status', operator: 'In', values: ['Queued', 'InProgress'] }]))
      .length;
  }

  /** Names of all entities of a kind that a factory has, or of its runtimes. */
  async names(factory: Factory, kind: EntityKind | 'integrationRuntimes'): Promise<string[]> {
    const client = this.#clientOf(factory.subscriptionId);
    const entities: AsyncIterable<{ readonly name?: string }> = client[kind].listByFactory(
      factory.resourceGroup,
      factory.name,
    );
    return (await Array.fromAsync(entities)).flatMap(({ name }) => name ?? []);
  }

  /** Reads how a runtime is defined; undefined if the factory has none of that name. */
  async runtime(factory: Factory, name: string): Promise<RuntimeDefinition | undefined> {
    const client = this.#clientOf(factory.subscriptionId);
    const runtime = await unlessMissing(() =>
      client.integrationRuntimes.get(factory.resourceGroup, factory.name, name),
    );
    if (runtime === undefined) return undefined;
    return {
      selfHosted: runtime.properties.type === 'SelfHosted',
      description: runtime.properties.description ?? '',
    };
  }

  /** Creates a self-hosted runtime, or leaves it as it is. */
  async createRuntime(factory: Factory, name: string, description: string): Promise<void> {
    const client = this.#clientOf(factory.subscriptionId);
    await client.integrationRuntimes.createOrUpdate(factory.resourceGroup, factory.name, name, {
      properties: { type: 'SelfHosted', description },
    });
  }

  /** Deletes a runtime with its nodes; it may be gone already. @throws {RestError} while an entity refers to it */
  async deleteRuntime(factory: Factory, name: string): Promise<void> {
    const client = this.#clientOf(factory.subscriptionId);
    await unlessMissing(() => client.integrationRuntimes.delete(factory.resourceGroup, factory.name, name));
  }

  /** Asks a runtime and its nodes how they are, once. @throws {RestError} if there is no such runtime, or no answer */
  async runtimeStatus(factory: Factory, name: string): Promise<RuntimeStatus> {
    const client = this.#clientOf(factory.subscriptionId);
    const { properties } = await client.integrationRuntimes.getStatus(factory.resourceGroup, factory.name, name);
    const nodes = 'nodes' in properties && Array.isArray(properties.nodes) ? (properties.nodes as RuntimeNode[]) : [];
    const working = nodes.filter(({ status }) => status === 'Online');
    return {
      online: ['Online', 'Limited'].includes(properties.state ?? '') && working.length > 0,
      nodes: working.map(({ nodeName = '', version = '' }) => ({ name: nodeName, version })),
      versionStatus: 'versionStatus' in properties ? String(properties.versionStatus ?? '') : '',
      updatesItself: 'autoUpdate' in properties && properties.autoUpdate === 'On',
      registered: nodes.length,
      createdAt:
        'createTime' in properties && properties.createTime instanceof Date ? properties.createTime : undefined,
    };
  }

  /**
   * Measures the nodes of a runtime that are online; undefined if there are none. The service may not be let: there is a right of
   * its own for it. @throws {RestError} if there is no answer for now
   */
  async runtimeLoad(factory: Factory, name: string): Promise<RuntimeLoad | RefusedLoad | undefined> {
    const client = this.#clientOf(factory.subscriptionId);
    const told = await unlessRefused(() =>
      client.integrationRuntimes.getMonitoringData(factory.resourceGroup, factory.name, name),
    );
    if ('refused' in told) return told;
    const { nodes = [] } = told;
    if (nodes.length === 0) return undefined;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      runningJobs: sum(nodes.map(({ concurrentJobsRunning = 0 }) => concurrentJobsRunning)),
      jobLimit: sum(nodes.map(({ concurrentJobsLimit = 0 }) => concurrentJobsLimit)),
      freeMegabytes: Math.min(...nodes.map(({ availableMemoryInMB = 0 }) => availableMemoryInMB)),
      processorPercent: Math.max(...nodes.map(({ cpuUtilization = 0 }) => cpuUtilization)),
    };
  }

  /** Reads the keys with which nodes register; undefined if there is no such runtime. The answer is secret. */
  async runtimeKeys(factory: Factory, name: string): Promise<RuntimeKeys | undefined> {
    const client = this.#clientOf(factory.subscriptionId);
    const keys = await unlessMissing(() =>
      client.integrationRuntimes.listAuthKeys(factory.resourceGroup, factory.name, name),
    );
    return keys === undefined ? undefined : { authKey1: keys.authKey1 ?? '', authKey2: keys.authKey2 ?? '' };
  }

  /** Replaces one key of a runtime: no node registers with the old one any more. Gives both, as `runtimeKeys` does. */
  async regenerateRuntimeKey(
    factory: Factory,
    name: string,
    keyName: keyof RuntimeKeys,
  ): Promise<RuntimeKeys | undefined> {
    const client = this.#clientOf(factory.subscriptionId);
    const keys = await unlessMissing(() =>
      client.integrationRuntimes.regenerateAuthKey(factory.resourceGroup, factory.name, name, { keyName }),
    );
    return keys === undefined ? undefined : { authKey1: keys.authKey1 ?? '', authKey2: keys.authKey2 ?? '' };
  }

  /** Creates or replaces an entity. */
  async put(factory: Factory, kind: EntityKind, name: string, document: EntityDocument): Promise<void> {
    const client = this.#clientOf(factory.subscriptionId);
    // The generated models know less than the service: they lose what they do not know, but pass whole wire documents.
    // Pipelines are flattened in them, the other kinds are not.
    const model = kind === 'pipelines' ? document.properties : document;
    await client[kind].createOrUpdate(factory.resourceGroup, factory.name, name, model as never);
  }

  /**
   * Deletes an entity; it may be gone already.
   * @returns whether it was there
   * @throws {RestError} while another entity refers to it
   */
  async delete(factory: Factory, kind: EntityKind, name: string): Promise<boolean> {
    const client = this.#clientOf(factory.subscriptionId);
    let status: number | undefined;
    await client[kind].delete(factory.resourceGroup, factory.name, name, {
      onResponse: (response) => {
        status = response.status;
      },
    });
    return status === 200;
  }

  /**
   * Starts a run of a pipeline; after an error it may have been started all the same.
   * @returns the run's id
   */
  async createRun(
    factory: Factory,
    pipeline: string,
    parameters: Readonly<Record<string, string | number | boolean>>,
  ): Promise<string> {
    const client = this.#clientOf(factory.subscriptionId);
    const { resourceGroup, name } = factory;
    const { runId } = await client.pipelines.createRun(resourceGroup, name, pipeline, { parameters });
    return runId;
  }

  /** The run of a pipeline with that parameter `operationId`; undefined if there is none, or it does not show yet. */
  async findRun(factory: Factory, pipeline: string, operationId: string): Promise<string | undefined> {
    const runs = await this.#runs(factory, [{ operand: 'PipelineName', operator: 'Equals', values: [pipeline] }]);
    return runs.find((run) => run.parameters?.['operationId'] === operationId)?.runId;
  }

  /** Reads a run; undefined if the factory does not know it (yet: a new run may take a moment to show). */
  async run(
    factory: Factory,
    runId: string,
  ): Promise<{ readonly status: string; readonly message: string } | undefined> {
    const client = this.#clientOf(factory.subscriptionId);
    const run = await unlessMissing(() => client.pipelineRuns.get(factory.resourceGroup, factory.name, runId));
    return run === undefined ? undefined : { status: run.status ?? 'Unknown', message: run.message ?? '' };
  }

  /**
   * Reads the runs of some pipelines that have ended, with one question; a new run may take a moment to show.
   * @returns status and message by run id
   */
  async endedRuns(factory: Factory, pipelines: readonly string[]): Promise<ReadonlyMap<string, EndedRun>> {
    const runs = await this.#runs(factory, [
      { operand: 'PipelineName', operator: 'In', values: [...pipelines] },
      { operand: 'Status', operator: 'In', values: ['Succeeded', 'Failed', 'Cancelled'] },
    ]);
    return new Map(runs.map(({ runId = '', status = '', message = '' }) => [runId, { status, message }]));
  }

  /** Whether one of some activities of a run has succeeded, with one question; a new run may take a moment to show. */
  async hasSucceeded(factory: Factory, runId: string, activities: readonly string[]): Promise<boolean> {
    const client = this.#clientOf(factory.subscriptionId);
    const page = await unlessMissing(() =>
      client.activityRuns.queryByPipelineRun(factory.resourceGroup, factory.name, runId, {
        ...this.#window(),
        filters: [{ operand: 'ActivityName', operator: 'In', values: [...activities] }],
      }),
    );
    return page?.value.some(({ status }) => status === 'Succeeded') ?? false;
  }

  /** Asks for the end of a run and of those that it started. Answers before they have ended. */
  async #cancelRun(factory: Factory, runId: string): Promise<void> {
    const client = this.#clientOf(factory.subscriptionId);
    await unlessMissing(() =>
      client.pipelineRuns.cancel(factory.resourceGroup, factory.name, runId, { isRecursive: true }),
    );
  }

  /** Runs of some pipelines that have not ended. */
  async activeRuns(factory: Factory, pipelines: readonly string[]): Promise<string[]> {
    const runs = await this.#runs(factory, [
      { operand: 'PipelineName', operator: 'In', values: [...pipelines] },
      { operand: 'Status', operator: 'In', values: ['Queued', 'InProgress', 'Canceling'] },
    ]);
    return runs.flatMap(({ runId }) => runId ?? []);
  }

  /** Asks for the end of every run of some pipelines that has not ended. @returns how many there are */
  async cancelRuns(factory: Factory, pipelines: readonly string[]): Promise<number> {
    const active = await this.activeRuns(factory, pipelines);
    await Promise.all(active.map((runId) => this.#cancelRun(factory, runId)));
    return active.length;
  }

  /** What the activities of a run gave, by activity name. Skipped activities are left out. */
  async activityOutputs(factory: Factory, runId: string): Promise<ReadonlyMap<string, unknown>> {
    const client = this.#clientOf(factory.subscriptionId);
    const outputs = new Map<string, unknown>();
    let continuationToken: string | undefined;
    do {
      const page = await client.activityRuns.queryByPipelineRun(factory.resourceGroup, factory.name, runId, {
        ...this.#window(),
        ...(continuationToken === undefined ? {} : { continuationToken }),
      });
      for (const { activityName, status, output } of page.value) {
        if (activityName !== undefined && status === 'Succeeded') outputs.set(activityName, output);
      }
      continuationToken = page.continuationToken;
    } while (continuationToken !== undefined);
    return outputs;
  }

  async #runs(
    factory: Factory,
    filters: { operand: string; operator: string; values: string[] }[],
  ): Promise<PipelineRun[]> {
    const client = this.#clientOf(factory.subscriptionId);
    const runs: PipelineRun[] = [];
    let continuationToken: string | undefined;
    do {
      const page = await client.pipelineRuns.queryByFactory(factory.resourceGroup, factory.name, {
        ...this.#window(),
        filters,
        ...(continuationToken === undefined ? {} : { continuationToken }),
      });
      runs.push(...page.value);
      continuationToken = page.continuationToken;
    } while (continuationToken !== undefined);
    return runs;
  }

  /**
   * A query must be bounded in time. A run counts as updated when its status changes, so that the bound is longer than any run
   * of a setup goes on.
   */
  #window(): { lastUpdatedAfter: Date; lastUpdatedBefore: Date } {
    const now = this.#clock.now().getTime();
    return { lastUpdatedAfter: new Date(now - LONGEST_RUN_DAYS * DAY_MS), lastUpdatedBefore: new Date(now + DAY_MS) };
  }
}

interface RuntimeNode {
  readonly nodeName?: string;
  readonly status?: string;
  readonly version?: string;
}

async function count(entities: AsyncIterable<unknown>): Promise<number> {
  let total = 0;
  for await (const _entity of entities) total += 1;
  return total;
}
