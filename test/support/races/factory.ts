/**
 * A data factory in memory, at the wire of the official client: entities that are put, listed and deleted, runtimes whose
 * nodes are online or not, and runs that have succeeded as soon as they are started.
 */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { preparationActivities } from '../../../shared/factory/preparation-pipeline.ts';
import { credential } from './gate.ts';
import { answer, bodyOf } from './wire.ts';
import type { Gate } from './gate.ts';

interface PipelineRun {
  readonly pipelineName: string;
  readonly runId: string;
  readonly status: string;
  readonly parameters: unknown;
}

interface RunFilter {
  readonly operand: string;
  readonly values: readonly string[];
}

/** The only activity whose output is read here. */
const sourceRemoval = {
  activityName: preparationActivities.sourceRemoval,
  status: 'Succeeded',
  output: { resultSets: [{ rows: [] }] },
};

export class FactoriesInMemory implements HttpClient {
  readonly #gate: Gate;
  /** Documents by path: `factory/kind/name`. */
  #entities = new Map<string, Record<string, unknown>>();
  #runs: PipelineRun[] = [];
  /** Whether every runtime that exists has a node. */
  hasNodes = true;
  /** Of every subscription. */
  readonly client: DataFactoryManagementClient;

  constructor(gate: Gate) {
    this.#gate = gate;
    this.client = new DataFactoryManagementClient(credential, 'any', {
      endpoint: 'https://management.example.com',
      httpClient: this,
      retryOptions: { maxRetries: 0 },
    });
  }

  /** Names of the entities whose name has a part. */
  names(part: string): string[] {
    return [...this.#entities.keys()].filter((path) => path.includes(part)).toSorted((a, b) => (a < b ? -1 : 1));
  }

  /** Remembers what there is. @returns what brings it back */
  keep(): () => void {
    const entities = new Map(this.#entities);
    const runs = [...this.#runs];
    return () => {
      this.#entities = new Map(entities);
      this.#runs = [...runs];
    };
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    const [factory = '', kind = '', name, action] = new URL(request.url).pathname.split('/').slice(8);
    const path = [factory, kind, name].filter((part) => part !== undefined).join('/');
    if (kind === 'queryPipelineRuns') return answer(request, 200, { value: this.#runsFor(bodyOf(request)) });
    if (action === 'queryActivityruns') return answer(request, 200, { value: [sourceRemoval] });
    // What a placement counts is only read, and decides nothing here.
    if (name === undefined) return answer(request, 200, { value: this.#counted(path) });
    return this.#gate(`${request.method} ${kind} ${action ?? ''}`, () => this.#answer(request, path, action));
  }

  #runsFor(body: string): object[] {
    const { filters } = JSON.parse(body) as { filters: readonly RunFilter[] };
    const statuses = filters.find(({ operand }) => operand === 'Status')?.values ?? ['Succeeded'];
    const pipelines = filters.find(({ operand }) => operand === 'PipelineName')?.values ?? [];
    return statuses.includes('Succeeded') ? this.#runs.filter((run) => pipelines.includes(run.pipelineName)) : [];
  }

  #start(pipelineName: string, parameters: unknown): string {
    const runId = `run-${this.#runs.length + 1}`;
    this.#runs.push({ pipelineName, runId, status: 'Succeeded', parameters });
    return runId;
  }

  #counted(path: string): object[] {
    const found = [...this.#entities].filter(([other]) => other.startsWith(`${path}/`));
    return found.map(([other, document]) => ({ ...document, name: other.split('/').at(-1) }));
  }

  #answer(request: PipelineRequest, path: string, action: string | undefined): PipelineResponse {
    const known = this.#entities.get(path);
    if (request.method === 'PUT') {
      const document = JSON.parse(bodyOf(request)) as Record<string, unknown>;
      this.#entities.set(path, document);
      return answer(request, 200, document);
    }
    if (request.method === 'DELETE') return answer(request, this.#entities.delete(path) ? 200 : 204, {});
    if (known === undefined) return answer(request, 404, { error: { code: 'EntityNotFound', message: path } });
    if (action === 'createRun') {
      return answer(request, 200, {
        runId: this.#start(path.split('/').at(-1) ?? '', JSON.parse(bodyOf(request))),
      });
    }
    if (action !== 'getStatus') return answer(request, 200, known);
    const nodes = this.hasNodes ? [{ nodeName: 'node-1', status: 'Online', version: '5.50' }] : [];
    const properties = { type: 'SelfHosted', state: this.hasNodes ? 'Online' : 'NeedRegistration', nodes };
    return answer(request, 200, { properties });
  }
}
