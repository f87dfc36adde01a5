import type { AccessKeys } from './access-keys.ts';
import { UNAUTHORIZED, unsupported, type Answer } from './answer.ts';
import type { AppFunction } from './function-app.ts';
import { HOST_VERSION } from './functions-core.ts';

/** What the administration API tells about and acts on. */
export interface AdminParts {
  readonly origin: string;
  readonly functions: readonly AppFunction[];
  readonly appDirectory: string;
  /** `main` of the app's package.json. */
  readonly entry: string;
  /** By function name, the route templates of HTTP functions. */
  readonly routes: ReadonlyMap<string, string>;
  readonly keys: AccessKeys;
  readonly usesDurable: boolean;
  /** Begins a call of the function; undefined when functions of this kind cannot be called from here. */
  readonly begin: (target: AppFunction, input: string) => 'begun' | undefined;
}

/** A call of the API; `segments` is the path below `/admin`. */
export interface AdminCall {
  readonly method: string;
  readonly segments: readonly string[];
  readonly key: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

const NOT_FOUND: Answer = { status: 404 };
const PING: Answer = { status: 200, headers: { 'cache-control': 'no-store,no-cache', pragma: 'no-cache' } };

/**
 * The part of the host's administration API that a developer uses: state, functions, keys, and calling a function:
 * https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 */
export class AdminApi {
  readonly #parts: AdminParts;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  answer(call: AdminCall): Answer {
    const [collection, name, detail, ...more] = call.segments;
    if (more.length > 0) return NOT_FOUND;
    if (collection === 'host' && name === 'ping' && detail === undefined) return PING;
    const known = collection === 'functions' || (collection === 'host' && HOST_DETAILS.has(name ?? ''));
    if (!known) return NOT_FOUND;
    const refusal = this.#refusal(call.key);
    if (refusal !== undefined) return refusal;
    if (collection === 'host')
      return call.method === 'GET' && detail === undefined ? this.#host(name ?? '') : NOT_FOUND;
    if (name === undefined) return { status: 200, body: this.#parts.functions.map((each) => this.#describe(each)) };
    const found = this.#parts.functions.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (call.method === 'POST' && detail === undefined) return this.#call(call, found);
    if (call.method !== 'GET' || found === undefined) return NOT_FOUND;
    return this.#function(found, detail);
  }

  #refusal(key: string | undefined): Answer | undefined {
    const { keys } = this.#parts;
    if (key === keys.master) return undefined;
    return key === keys.host ? { status: 403 } : UNAUTHORIZED;
  }

  #host(name: string): Answer {
    const { keys, usesDurable } = this.#parts;
    if (name === 'keys') return this.#keys('host/keys', [['default', keys.host]]);
    if (name === 'systemkeys') {
      return this.#keys('host/systemkeys', usesDurable ? [['durabletask_extension', keys.durable]] : []);
    }
    return {
      status: 200,
      body: {
        id: 'localhost',
        state: 'Running',
        version: `${HOST_VERSION}.0`,
        versionDetails: HOST_VERSION,
        platformVersion: '',
        instanceId: '',
        computerName: '',
        processUptime: Math.round(process.uptime() * 1000),
        functionAppContentEditingState: 'Unknown',
      },
    };
  }

  #function(found: AppFunction, detail: string | undefined): Answer {
    const { keys } = this.#parts;
    if (detail === undefined) return { status: 200, body: this.#describe(found) };
    if (detail === 'status') return { status: 200, body: {} };
    if (detail !== 'keys') return NOT_FOUND;
    return this.#keys(`functions/${found.name}/keys`, [['default', keys.functions[found.name] ?? '']]);
  }

  #keys(path: string, keys: readonly (readonly [string, string])[]): Answer {
    return {
      status: 200,
      body: {
        keys: keys.map(([name, value]) => ({ name, value })),
        links: [{ rel: 'self', href: `${this.#parts.origin}/admin/${path}` }],
      },
    };
  }

  #call({ contentType, body }: AdminCall, found: AppFunction | undefined): Answer {
    if (contentType?.startsWith('application/json') !== true) return { status: 415 };
    const input = readInput(body);
    if (input === undefined) return { status: 400 };
    if (found === undefined) return NOT_FOUND;
    const begun = this.#parts.begin(found, input);
    return begun === undefined ? unsupported(`calling functions with a ${found.trigger.type}`) : { status: 202 };
  }

  #describe({ name, bindings, disabled }: AppFunction): object {
    const { origin, routes, entry, appDirectory } = this.#parts;
    const route = routes.get(name);
    return {
      name,
      script_root_path_href: null,
      script_href: `${origin}/admin/vfs/${entry}`,
      config_href: null,
      test_data_href: `${origin}/admin/vfs/${name}.dat`,
      href: `${origin}/admin/functions/${name}`,
      invoke_url_template: route === undefined ? null : `${origin}/${route}`,
      language: 'node',
      config: {
        name,
        entryPoint: '',
        scriptFile: entry,
        language: 'node',
        functionDirectory: appDirectory,
        bindings: Object.entries(bindings).map(([binding, options]) => ({ ...options, name: binding })),
      },
      files: null,
      test_data: '',
      isDisabled: disabled,
      isDirect: false,
      isProxy: false,
    };
  }
}

const HOST_DETAILS = new Set(['status', 'keys', 'systemkeys']);

/** The `input` of the body, undefined when the body is no JSON object. */
function readInput(body: string): string | undefined {
  try {
    const content: unknown = JSON.parse(body);
    if (typeof content !== 'object' || content === null) return undefined;
    return 'input' in content && typeof content.input === 'string' ? content.input : '';
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
