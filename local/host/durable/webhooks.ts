import type { Clock } from '../../endpoint/clock.ts';
import { unsupported, type Answer } from '../answer.ts';
import type { ApiCall } from './api-call.ts';
import { isFinished, type Instance } from './instance.ts';
import { managementUrls, type WebhookAddress } from './links.ts';
import type { InstanceFilter, Management } from './management.ts';
import { statusOf } from './status.ts';

const NOT_FOUND: Answer = { status: 404 };
const ACCEPTED: Answer = { status: 202 };
const GONE: Answer = { status: 410 };

/**
 * The HTTP API of the Durable extension:
 * https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
 */
export class Webhooks {
  readonly #management: Management;
  readonly #address: WebhookAddress;
  readonly #clock: Clock;

  constructor(management: Management, address: WebhookAddress, clock: Clock) {
    this.#management = management;
    this.#address = address;
    this.#clock = clock;
  }

  async answer(call: ApiCall): Promise<Answer> {
    const [collection, ...rest] = call.segments;
    if (collection === 'entities') return unsupported('entities');
    if (collection === 'orchestrators' && call.method === 'POST') return this.#start(call, rest);
    if (collection !== 'instances') return NOT_FOUND;
    const [id, operation, ...more] = rest;
    if (id === undefined) return this.#many(call);
    if (operation !== undefined) return call.method === 'POST' ? this.#act(call, id, operation, more) : NOT_FOUND;
    if (call.method === 'GET') return this.#status(call, id);
    return call.method === 'DELETE' ? this.#purge(id) : NOT_FOUND;
  }

  async #start(call: ApiCall, [name, id, ...more]: readonly string[]): Promise<Answer> {
    if (name === undefined || more.length > 0 || id?.includes('/') === true) return NOT_FOUND;
    if (id !== undefined && !isValidId(id)) return refusal(400, `The instance ID '${id}' is not valid.`);
    // Input that is no JSON: the orchestrator function cannot be called with it, as in the real host.
    const input = call.body === undefined ? '' : readJson(call.body);
    if (input instanceof SyntaxError) return invalidJson(input);
    const wait = waitOf(call.query);
    if (wait !== undefined && wait.pollingMilliseconds > wait.timeoutMilliseconds) {
      const [timeout, polling] = [wait.timeoutMilliseconds / 1000, wait.pollingMilliseconds / 1000];
      return refusal(400, `Total timeout ${timeout} should be bigger than retry timeout ${polling}`);
    }
    const version = call.query.get('version');
    const started = await this.#management.start({ name, version, id, input, ...traceIdOf(call) });
    if ('taken' in started) {
      return refusal(409, `An Orchestration instance with the status ${started.taken} already exists.`);
    }
    return (wait === undefined ? undefined : await this.#waitFor(started.id, wait)) ?? this.#checkStatus(started.id);
  }

  /** Answers when the instance has ended, and with undefined when the time is over. */
  async #waitFor(id: string, wait: Wait): Promise<Answer | undefined> {
    const end = this.#clock.now() + wait.timeoutMilliseconds;
    while (this.#clock.now() < end) {
      await new Promise<void>((resolve) => this.#clock.after(wait.pollingMilliseconds, resolve));
      const instance = this.#management.find(id);
      if (instance?.status === 'Completed') {
        return { status: 200, body: instance.output === null ? null : JSON.parse(instance.output) };
      }
      if (instance !== undefined && isFinished(instance)) return { status: 200, body: statusOf(instance, [], BARE) };
    }
    return undefined;
  }

  #checkStatus(id: string): Answer {
    const { rewindPostUri: _, ...urls } = managementUrls(this.#address, id);
    return { status: 202, headers: { location: urls.statusQueryGetUri, 'retry-after': '10' }, body: urls };
  }

  #status(call: ApiCall, id: string): Answer {
    const instance = this.#management.find(id);
    if (instance === undefined) return NOT_FOUND;
    const options = {
      showInput: flag(call.query, 'showInput', true),
      showHistory: flag(call.query, 'showHistory', false),
      showHistoryOutput: flag(call.query, 'showHistoryOutput', false),
    };
    const body = statusOf(instance, options.showHistory ? this.#management.history(id) : [], options);
    if (!isFinished(instance)) return { status: 202, headers: { location: call.url, 'retry-after': '5' }, body };
    const asError = instance.status === 'Failed' && flag(call.query, 'returnInternalServerErrorOnFailure', false);
    return { status: asError ? 500 : 200, body };
  }

  async #act(call: ApiCall, id: string, operation: string, more: readonly string[]): Promise<Answer> {
    const instance = this.#management.find(id);
    const reason = call.query.get('reason');
    switch (operation.toLowerCase()) {
      case 'raiseevent':
        return this.#raiseEvent(call, instance, id, more);
      case 'terminate':
        return this.#ifRunning(instance, () => this.#management.terminate(id, reason));
      case 'suspend':
        if (instance?.status === 'Suspended') return illegal('suspend', instance);
        return this.#ifRunning(instance, () => this.#management.suspend(id, reason));
      case 'resume':
        if (instance?.status === 'Running' || instance?.status === 'Pending') return illegal('resume', instance);
        return this.#ifRunning(instance, () => this.#management.resume(id, reason));
      case 'restart':
        return this.#restart(call, instance, id);
      case 'rewind':
        return rewind(instance, id);
      default:
        return NOT_FOUND;
    }
  }

  async #ifRunning(instance: Instance | undefined, act: () => Promise<void>): Promise<Answer> {
    if (instance === undefined) return NOT_FOUND;
    if (isFinished(instance)) return GONE;
    await act();
    return ACCEPTED;
  }

  async #raiseEvent(
    call: ApiCall,
    instance: Instance | undefined,
    id: string,
    [name, ...more]: readonly string[],
  ): Promise<Answer> {
    if (name === undefined || more.length > 0 || instance === undefined) return NOT_FOUND;
    if (isFinished(instance)) return GONE;
    const isJson = call.contentType?.startsWith('application/json') === true;
    const { body = '' } = call;
    if (!isJson || body === '') return refusal(400, 'Only application/json request content is supported');
    const input = readJson(body);
    if (input instanceof SyntaxError) return invalidJson(input);
    await this.#management.raiseEvent(id, name, body);
    return ACCEPTED;
  }

  async #restart(call: ApiCall, instance: Instance | undefined, id: string): Promise<Answer> {
    const withNewId = flag(call.query, 'restartWithNewInstanceId', true);
    if (instance === undefined || (!withNewId && !isFinished(instance))) {
      const detail = `No instance with ID '${id}' was found. (Parameter 'instanceId')`;
      return refusal(400, 'InstanceId does not match a valid orchestration instance.', detail);
    }
    const { name, version, input } = instance;
    const started = await this.#management.start({ name, version, input, id: withNewId ? undefined : id });
    if ('taken' in started) {
      return refusal(409, `An Orchestration instance with the status ${started.taken} already exists.`);
    }
    return this.#checkStatus(started.id);
  }

  async #purge(id: string): Promise<Answer> {
    const instance = this.#management.find(id);
    if (instance === undefined) return NOT_FOUND;
    if (!isFinished(instance)) {
      const body = `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${id} has status ${instance.status}`;
      return { status: 412, body };
    }
    await this.#management.purge([id]);
    return { status: 200, body: { instancesDeleted: 1 } };
  }

  async #many(call: ApiCall): Promise<Answer> {
    if (call.method === 'GET') return this.#list(call);
    if (call.method !== 'DELETE') return NOT_FOUND;
    const filter = filterOf(call.query);
    if (filter.createdFrom === undefined) {
      return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
    }
    // Other than the purge of one instance, this one does not spare what still runs.
    const matching = this.#management.list(filter);
    if (matching.length === 0) return NOT_FOUND;
    await this.#management.purge(matching.map(({ id }) => id));
    return { status: 200, body: { instancesDeleted: matching.length } };
  }

  #list({ query, continuationToken }: ApiCall): Answer {
    const from = Buffer.from(continuationToken ?? '', 'base64').toString();
    const matching = this.#management.list(filterOf(query)).filter(({ id }) => id >= from);
    const top = /^\d+$/.test(query.get('top') ?? '') ? Number(query.get('top')) : Infinity;
    const next = matching[top];
    const page = next === undefined ? matching : matching.slice(0, top);
    const options = { ...BARE, showInput: flag(query, 'showInput', true) };
    return {
      status: 200,
      headers: { 'x-ms-continuation-token': next === undefined ? '' : Buffer.from(next.id).toString('base64') },
      body: page.map((instance) => statusOf(instance, [], options)),
    };
  }
}

interface Wait {
  readonly timeoutMilliseconds: number;
  readonly pollingMilliseconds: number;
}

const BARE = { showInput: true, showHistory: false, showHistoryOutput: false };
const STATUSES = new Set(['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated']);

// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-instance-management
function isValidId(id: string): boolean {
  return id.length <= 256 && !/[/\\#?]|\p{Cc}/u.test(id);
}

function traceIdOf({ traceId }: ApiCall): Pick<Instance, 'traceId'> {
  return traceId === undefined ? {} : { traceId };
}

function waitOf(query: URLSearchParams): Wait | undefined {
  if (!query.has('timeout')) return undefined;
  const seconds = (name: string, otherwise: number): number => (Number(query.get(name)) || otherwise) * 1000;
  return { timeoutMilliseconds: seconds('timeout', 10), pollingMilliseconds: seconds('pollingInterval', 1) };
}

function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const text = query.get(name);
  return text === null ? otherwise : text.toLowerCase() === 'true';
}

/** What cannot be read restricts nothing. */
function filterOf(query: URLSearchParams): InstanceFilter {
  const time = (name: string): number | undefined => {
    const milliseconds = Date.parse(query.get(name) ?? '');
    return Number.isNaN(milliseconds) ? undefined : milliseconds;
  };
  const statuses = new Set(
    query
      .getAll('runtimeStatus')
      .flatMap((text) => text.split(','))
      .filter((status) => STATUSES.has(status)),
  );
  return {
    idPrefix: query.get('instanceIdPrefix') ?? undefined,
    createdFrom: time('createdTimeFrom'),
    createdTo: time('createdTimeTo'),
    statuses: statuses.size === 0 ? undefined : statuses,
  };
}

/** The JSON text as it is to be stored; no text is no value. */
function readJson(text: string): string | null | SyntaxError {
  if (text === '') return null;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function refusal(status: number, Message: string, ExceptionMessage?: string): Answer {
  return { status, body: { Message, ...(ExceptionMessage === undefined ? {} : { ExceptionMessage }) } };
}

function invalidJson(error: SyntaxError): Answer {
  return refusal(400, 'Invalid JSON content', error.message);
}

function illegal(operation: string, { id, status }: Instance): Answer {
  const detail = `Cannot ${operation} the orchestration instance ${id} because instance is in the ${status} state.`;
  return refusal(500, 'Something went wrong while processing your request', detail);
}

function rewind(instance: Instance | undefined, id: string): Answer {
  if (instance === undefined) return { status: 404, body: `No orchestration with instance ID "$${id}" found.` };
  if (instance.status === 'Failed') return { status: 501, body: 'The local host does not support rewind.' };
  return {
    status: 412,
    body: `This orchestration has status ${instance.status}, but only orchestrations in the "Failed" state can be rewound.`,
  };
}
