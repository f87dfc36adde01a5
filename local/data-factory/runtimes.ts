import { randomBytes, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Clock } from '../endpoint/clock.ts';
import { ArmError, badRequest } from './errors.ts';
import type { JsonObject } from './json.ts';

/** Thrown to an activity whose integration runtime has nodes, but none online. */
export class RuntimeOfflineError extends Error {
  constructor(name: string) {
    super(`The Self-hosted Integration Runtime '${name}' is offline`);
    this.name = 'RuntimeOfflineError';
  }
}

interface Node {
  /** Known only to the node itself: it proves with it that a later message is its own. */
  readonly id: string;
  readonly name: string;
  readonly registered: string;
  online: boolean;
  /** Its version works for a year. */
  expired: boolean;
}

interface Runtime {
  readonly name: string;
  readonly id: string;
  readonly created: string;
  readonly taskQueueId: string;
  readonly keys: { authKey1: string; authKey2: string };
  readonly nodes: Node[];
  runningJobs: number;
  /** Emits `change` when a node comes or goes, or a job ends. */
  readonly changes: EventEmitter;
}

/** What a node may tell. */
export const nodeChanges = ['start', 'stop', 'expire'] as const;
type NodeChange = (typeof nodeChanges)[number];

type State = 'NeedRegistration' | 'Online' | 'Limited' | 'Offline';

// https://learn.microsoft.com/azure/data-factory/create-self-hosted-integration-runtime#high-availability-and-scalability
const MAXIMUM_NODES = 4;
const NODE_VERSION = '5.50.9000.1';
/** Of a node; the service counts it from the cores and the memory of its machine. */
const MAXIMUM_JOBS = 8;

// https://learn.microsoft.com/azure/data-factory/monitor-integration-runtime#self-hosted-integration-runtime
function state(runtime: Runtime): State {
  const [registered, online] = [runtime.nodes.length, onlineNodes(runtime).length];
  if (registered === 0) return 'NeedRegistration';
  if (online === 0) return 'Offline';
  return online === registered ? 'Online' : 'Limited';
}

/** The self-hosted integration runtimes of one factory: their keys, their nodes and the state that follows from these. */
export class IntegrationRuntimes {
  readonly #factory: { readonly name: string; readonly location: string };
  readonly #clock: Clock;
  readonly #runtimes = new Map<string, Runtime>();

  constructor(factory: { readonly name: string; readonly location: string }, clock: Clock) {
    this.#factory = factory;
    this.#clock = clock;
  }

  /** Creates a runtime that needs registration; one that exists keeps its keys and nodes. */
  ensure(name: string): void {
    if (this.#runtimes.has(name.toLowerCase())) return;
    const id = randomUUID();
    const keys = { authKey1: this.#newKey(id), authKey2: this.#newKey(id) };
    const changes = new EventEmitter().setMaxListeners(0);
    const created = this.#now();
    this.#runtimes.set(name.toLowerCase(), {
      name,
      id,
      created,
      taskQueueId: randomUUID(),
      keys,
      nodes: [],
      runningJobs: 0,
      changes,
    });
  }

  delete(name: string): void {
    this.#runtimes.delete(name.toLowerCase());
  }

  /** Both authentication keys. They are secrets. */
  keys(name: string): JsonObject {
    return { ...this.#get(name).keys };
  }

  /** Replaces one key. Nodes that are registered stay registered. */
  regenerate(name: string, keyName: 'authKey1' | 'authKey2'): JsonObject {
    const runtime = this.#get(name);
    runtime.keys[keyName] = this.#newKey(runtime.id);
    return { ...runtime.keys };
  }

  /** The answer of `getStatus`. */
  status(name: string): JsonObject {
    const runtime = this.#get(name);
    const registered = runtime.nodes.length > 0;
    return {
      name: runtime.name,
      properties: {
        type: 'SelfHosted',
        state: state(runtime),
        dataFactoryName: this.#factory.name,
        typeProperties: {
          createTime: runtime.created,
          taskQueueId: runtime.taskQueueId,
          autoUpdate: 'On',
          version: registered ? NODE_VERSION : null,
          versionStatus: registered ? versionStatus(runtime.nodes) : 'None',
          latestVersion: NODE_VERSION,
          capabilities: {},
          serviceUrls: [],
          links: [],
          nodes: runtime.nodes.map((node, index) => nodeStatus(node, index === 0)),
        },
      },
    };
  }

  /** Whether this factory issued the key and it is still valid. */
  owns(authKey: string): boolean {
    return this.#byKey(authKey) !== undefined;
  }

  /** Brings a node online and answers the id by which it speaks from then on; a known node name is reused. */
  register(authKey: string, nodeName: string): string {
    const runtime = this.#byKey(authKey);
    if (runtime === undefined) throw invalidKey();
    let node = runtime.nodes.find(({ name }) => name === nodeName);
    if (node === undefined) {
      if (runtime.nodes.length >= MAXIMUM_NODES) {
        throw badRequest(`The integration runtime '${runtime.name}' already has ${MAXIMUM_NODES} nodes.`);
      }
      node = { id: randomUUID(), name: nodeName, registered: this.#now(), online: false, expired: false };
      runtime.nodes.push(node);
    }
    setOnline(runtime, node, true);
    return node.id;
  }

  /**
   * Takes a node on or off line, or lets its version expire, after which it comes online no more; says whether this factory
   * knows the node.
   */
  setNode(nodeId: string, change: NodeChange): boolean {
    for (const runtime of this.#runtimes.values()) {
      const node = runtime.nodes.find(({ id }) => id === nodeId);
      if (node === undefined) continue;
      if (change === 'expire') node.expired = true;
      setOnline(runtime, node, change === 'start' && !node.expired);
      return true;
    }
    return false;
  }

  /**
   * Gives a job to the runtime: at once if a node that is online has room, later if none has, or none was ever registered.
   * Resolves to what ends the job. Rejects with RuntimeOfflineError when all nodes are offline, or with the signal's reason.
   */
  async take(name: string, signal: AbortSignal): Promise<() => void> {
    const runtime = this.#get(name);
    for (;;) {
      if (state(runtime) === 'Offline') throw new RuntimeOfflineError(runtime.name);
      if (runtime.runningJobs < MAXIMUM_JOBS * onlineNodes(runtime).length) break;
      await once(runtime.changes, 'change', { signal });
    }
    runtime.runningJobs += 1;
    return () => {
      runtime.runningJobs -= 1;
      runtime.changes.emit('change');
    };
  }

  /** The answer of `getMonitoringData`. The first node has the jobs; the machines are always idle. */
  monitoringData(name: string): JsonObject {
    const runtime = this.#get(name);
    const nodes = onlineNodes(runtime).map((node, index) => ({
      nodeName: node.name,
      availableMemoryInMB: 8_192,
      cpuUtilization: 5,
      concurrentJobsLimit: MAXIMUM_JOBS,
      maxConcurrentJobs: MAXIMUM_JOBS,
      concurrentJobsRunning: index === 0 ? runtime.runningJobs : 0,
    }));
    return { name: runtime.name, nodes };
  }

  #get(name: string): Runtime {
    const runtime = this.#runtimes.get(name.toLowerCase());
    if (runtime !== undefined) return runtime;
    const where = `under data factory '${this.#factory.name}'`;
    throw new ArmError(404, 'NotFound', `The integration runtime '${name}' ${where} does not exist.`);
  }

  #byKey(authKey: string): Runtime | undefined {
    return [...this.#runtimes.values()].find(({ keys }) => keys.authKey1 === authKey || keys.authKey2 === authKey);
  }

  /** `IR@<runtime id>@<factory>@ServiceEndpoint=<factory>.<region>.datafactory.azure.net@<32 random bytes>` */
  #newKey(runtimeId: string): string {
    const { name, location } = this.#factory;
    const endpoint = `${name}.${location.replaceAll(' ', '').toLowerCase()}.datafactory.azure.net`;
    return `IR@${runtimeId}@${name}@ServiceEndpoint=${endpoint}@${randomBytes(32).toString('base64')}`;
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

/** The answer to a key that no runtime has. */
export function invalidKey(): ArmError {
  return new ArmError(401, 'InvalidAuthenticationKey', 'The authentication key is invalid or was replaced.');
}

function setOnline(runtime: Runtime, node: Node, online: boolean): void {
  node.online = online;
  runtime.changes.emit('change');
}

function onlineNodes({ nodes }: Runtime): readonly Node[] {
  return nodes.filter(({ online }) => online);
}

// https://learn.microsoft.com/azure/data-factory/self-hosted-integration-runtime-auto-update
function versionStatus(nodes: readonly Node[]): 'UpToDate' | 'Expired' {
  return nodes.some(({ expired }) => expired) ? 'Expired' : 'UpToDate';
}

function nodeStatus(node: Node, isActiveDispatcher: boolean): JsonObject {
  return {
    nodeName: node.name,
    machineName: node.name,
    status: node.online ? 'Online' : 'Offline',
    isActiveDispatcher,
    version: NODE_VERSION,
    versionStatus: versionStatus([node]),
    registerTime: node.registered,
    lastConnectTime: node.registered,
    lastUpdateResult: 'None',
    maxConcurrentJobs: MAXIMUM_JOBS,
    concurrentJobsLimit: MAXIMUM_JOBS,
    capabilities: {},
  };
}
