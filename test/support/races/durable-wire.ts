/** The requests of the durable client, answered in this process: the client of the package has no other opening. */
import { createRequire } from 'node:module';

/** What stands for the Durable extension. */
export interface DurableBackend {
  /** @returns false if there is an instance of that id */
  start(name: string, id: string, input: unknown): Promise<boolean>;
  /** @returns false if there is no such instance, or it has ended */
  raise(id: string, eventName: string, payload: unknown): Promise<boolean>;
  status(id: string): Promise<string | undefined>;
  terminate(id: string): Promise<void>;
}

interface WireRequest {
  readonly url?: string;
  readonly data?: string;
}

interface WireAnswer {
  readonly status: number;
  readonly data: unknown;
}

// The client's own HTTP library; its version is pinned with it.
const axios = createRequire(createRequire(import.meta.url).resolve('durable-functions'))('axios') as {
  readonly defaults: { adapter: unknown };
};

export const durableWire = {
  /** Where the client must believe the extension to be. */
  url: 'https://durable.example.com/',
  /** Has requests of every durable client of this process answered, until it is disposed of. */
  connect(backend: DurableBackend): Disposable {
    const before = axios.defaults.adapter;
    axios.defaults.adapter = async (request: WireRequest) => ({
      ...(await answerOf(backend, request)),
      statusText: '',
      headers: {},
      config: request,
    });
    return {
      [Symbol.dispose]() {
        axios.defaults.adapter = before;
      },
    };
  },
};

async function answerOf(backend: DurableBackend, { url = '', data = '' }: WireRequest): Promise<WireAnswer> {
  const [kind, first = '', second = '', third = ''] = new URL(url).pathname.slice(1).split('/').map(decodeURIComponent);
  if (kind === 'orchestrators') {
    const started = await backend.start(first, second, JSON.parse(data) as unknown);
    return started ? { status: 202, data: { id: second } } : { status: 409, data: 'exists' };
  }
  if (second === 'raiseEvent') {
    const raised = await backend.raise(first, third, JSON.parse(data) as unknown);
    return { status: raised ? 202 : 410, data: '' };
  }
  if (second === 'terminate') {
    await backend.terminate(first);
    return { status: 202, data: '' };
  }
  const status = await backend.status(first);
  if (status === undefined) return { status: 404, data: 'missing' };
  const times = { createdTime: '2026-11-24T10:00:00Z', lastUpdatedTime: '2026-11-24T10:00:00Z' };
  return {
    status: 200,
    data: { name: 'any', instanceId: first, runtimeStatus: status, input: null, output: null, ...times },
  };
}
