import { registerHooks } from 'node:module';
import type { TypedData } from './typed-data.ts';

/**
 * Stands in for the module `@azure/functions-core`, which the Node.js worker of Azure Functions injects and which is not on
 * any registry. `@azure/functions` registers its functions with it.
 */

/** One trigger, input or output of a function. */
export interface Binding {
  readonly type: string;
  readonly direction: 'in' | 'out';
  readonly [option: string]: unknown;
}

/** What `@azure/functions` says of a function. */
export interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
}

export type FunctionCallback = (...inputs: unknown[]) => unknown;

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

export type CoreLog = (level: string, category: string, message: string) => void;

/** What the library gets for one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly metadata: FunctionMetadata;
  readonly request: {
    readonly invocationId: string;
    readonly functionId: string;
    readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
    readonly triggerMetadata: Readonly<Record<string, TypedData>>;
    readonly traceContext: {
      readonly traceParent: string;
      readonly traceState: string;
      readonly attributes: Readonly<Record<string, string>>;
    };
  };
  state: string | undefined;
  readonly log: CoreLog;
}

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ readonly returnValue?: TypedData | null }>;
}

/** The part of `@azure/functions` that the host calls. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities?(capabilities: Record<string, string>): Promise<Record<string, string>> | Record<string, string>;
}

type HookCallback = (context: Record<string, unknown>) => unknown;

const HOOKS = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
export type HookName = (typeof HOOKS)[number];

/** What one app registers while it loads. */
export class Registration {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks = new Map<string, HookCallback[]>(HOOKS.map((name) => [name, []]));
  readonly log: CoreLog;
  locked = false;

  constructor(log: CoreLog) {
    this.log = log;
  }

  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    if (this.locked) throw new Error('A function can only be registered during app startup.');
    const id = metadata.functionId ?? metadata.name;
    if (this.functions.has(id)) throw new Error(`A function with id "${id}" has already been registered.`);
    this.functions.set(id, { metadata, callback });
    return new Disposable(() => this.functions.delete(id));
  }

  registerHook(name: string, callback: HookCallback): Disposable {
    const callbacks = this.hooks.get(name);
    // The library looks at the mark to tell an old host from a mistake.
    if (callbacks === undefined) {
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    }
    callbacks.push(callback);
    return new Disposable(() => callbacks.splice(callbacks.indexOf(callback), 1));
  }
}

class Disposable {
  readonly #dispose: () => void;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  dispose(): void {
    this.#dispose();
  }
}

let current: Registration | undefined;
let programmingModel: ProgrammingModel | undefined;

function registration(): Registration {
  if (current === undefined) throw new Error('No function app is being loaded or run by the local host.');
  return current;
}

/** The release of the host whose behaviour this stands in for. */
export const HOST_VERSION = '4.1037.0';

const core = {
  // Of the worker of that host.
  version: '3.9.0',
  hostVersion: HOST_VERSION,
  Disposable,
  setProgrammingModel(model: ProgrammingModel): void {
    programmingModel = model;
  },
  getProgrammingModel: () => programmingModel,
  registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
    registration().registerFunction(metadata, callback),
  registerHook: (name: string, callback: HookCallback) => registration().registerHook(name, callback),
  log: (level: string, category: string, message: string) => current?.log(level, category, message),
};

const MODULE = '@azure/functions-core';
const MODULE_URL = 'local-host:functions-core';
const KEY = 'local-host.functions-core';
let hooked = false;

/**
 * Makes `registration` the one that the library talks to, until the answer is called. The library keeps its core module for
 * the life of the process, so there is one app a process at a time.
 */
export function supplyCore(target: Registration): () => void {
  if (current !== undefined) throw new Error('This process already runs a function app; stop that host first.');
  current = target;
  if (!hooked) {
    hooked = true;
    Reflect.set(globalThis, Symbol.for(KEY), core);
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === MODULE ? { url: MODULE_URL, format: 'commonjs', shortCircuit: true } : next(specifier, context),
      load: (url, context, next) =>
        url === MODULE_URL
          ? { format: 'commonjs', shortCircuit: true, source: `module.exports = globalThis[Symbol.for('${KEY}')]` }
          : next(url, context),
    });
  }
  return () => {
    current = undefined;
  };
}

/** The programming model that `@azure/functions` has set, or undefined when the app does not use that library. */
export function suppliedModel(): ProgrammingModel | undefined {
  return programmingModel;
}
