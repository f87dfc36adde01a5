import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { Registration, supplyCore, suppliedModel } from './functions-core.ts';
import type {
  CoreInvocationContext,
  CoreLog,
  HookName,
  ProgrammingModel,
  RegisteredFunction,
} from './functions-core.ts';
import type { Binding } from './functions-core.ts';
import type { TypedData } from './typed-data.ts';

/** A function of the app with the one binding that starts it. */
export interface AppFunction {
  readonly name: string;
  /** Name of the trigger's binding. */
  readonly triggerName: string;
  readonly trigger: Binding;
  /** Names of the bindings that want a durable client. */
  readonly durableClients: readonly string[];
}

const TRIGGERS = new Set(['httpTrigger', 'timerTrigger', 'orchestrationTrigger', 'activityTrigger']);
const OTHERS = new Set(['http', 'durableClient']);
const manifestSchema = z.object({ main: z.string(), type: z.string().optional() });

/** A loaded function app: its functions, and a way to run them through the unmodified library. */
export class FunctionApp {
  readonly functions: readonly AppFunction[];
  readonly #registration: Registration;
  readonly #model: ProgrammingModel;
  readonly #release: () => void;
  readonly #appHookData = {};

  private constructor(registration: Registration, model: ProgrammingModel, release: () => void) {
    this.#registration = registration;
    this.#model = model;
    this.#release = release;
    this.functions = [...registration.functions.values()].map(readFunction);
  }

  /** Runs the files that package.json names as `main`. Rejects with the reason when the app cannot be served as it is. */
  static async load(appDirectory: string, log: CoreLog): Promise<FunctionApp> {
    const registration = new Registration(log);
    const release = supplyCore(registration);
    try {
      await runEntryFiles(appDirectory);
      const model = suppliedModel();
      if (model === undefined || registration.functions.size === 0) {
        throw new Error('The app has registered no function with @azure/functions.');
      }
      const app = new FunctionApp(registration, model, release);
      await app.#runHooks('appStart', { functionAppDirectory: appDirectory });
      const capabilities = (await model.getCapabilities?.({})) ?? {};
      if (capabilities['HttpUri'] !== undefined) {
        throw new Error('The local host does not support HTTP streaming (app.setup({ enableHttpStream: true })).');
      }
      registration.locked = true;
      return app;
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Invokes a function and answers with what it returned. Rejects with the error that the function threw.
   * `inputs` are by binding name.
   */
  async invoke(
    name: string,
    inputs: Readonly<Record<string, TypedData>>,
    triggerMetadata: Readonly<Record<string, TypedData>> = {},
  ): Promise<TypedData | undefined> {
    const registered = this.#registration.functions.get(name);
    if (registered === undefined) throw new Error(`There is no function '${name}'.`);
    const core = this.#coreContext(registered, inputs, triggerMetadata);
    const invocation = this.#model.getInvocationModel(core);
    const { context, inputs: args } = await invocation.getArguments();
    const hook = { hookData: {}, invocationContext: context, functionCallback: registered.callback, inputs: args };
    core.state = 'preInvocationHooks';
    await this.#runHooks('preInvocation', hook);
    core.state = 'invocation';
    const outcome: { result: unknown; error: unknown } = { result: null, error: null };
    try {
      outcome.result = await invocation.invokeFunction(context, hook.inputs, hook.functionCallback);
    } catch (error) {
      outcome.error = error;
    }
    const after = Object.assign(hook, outcome);
    core.state = 'postInvocationHooks';
    await this.#runHooks('postInvocation', after);
    core.state = undefined;
    // As in the worker, an error that is falsy is none.
    if (after.error) throw after.error;
    return (await invocation.getResponse(context, after.result)).returnValue ?? undefined;
  }

  /** Runs the app's appTerminate hooks and lets another app be loaded. */
  async close(): Promise<void> {
    await this.#runHooks('appTerminate', {});
    this.#release();
  }

  #coreContext(
    { metadata }: RegisteredFunction,
    inputs: Readonly<Record<string, TypedData>>,
    triggerMetadata: Readonly<Record<string, TypedData>>,
  ): CoreInvocationContext {
    const invocationId = randomUUID();
    return {
      invocationId,
      metadata,
      state: undefined,
      request: {
        invocationId,
        functionId: metadata.functionId ?? metadata.name,
        triggerMetadata,
        traceContext: { traceParent: '', traceState: '', attributes: {} },
        inputData: Object.entries(inputs).map(([input, data]) => ({ name: input, data })),
      },
      log: this.#registration.log,
    };
  }

  async #runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const callback of this.#registration.hooks.get(name) ?? []) {
      await callback(Object.assign(context, { hookData: context['hookData'] ?? {}, appHookData: this.#appHookData }));
    }
  }
}

let loads = 0;

async function runEntryFiles(appDirectory: string): Promise<void> {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(path.join(appDirectory, 'package.json'), 'utf8')));
  const files = globSync(manifest.main, { cwd: appDirectory }).sort();
  if (files.length === 0) throw new Error(`No file matches "${manifest.main}", the "main" of the app's package.json.`);
  loads += 1;
  for (const file of files) {
    const absolute = path.resolve(appDirectory, file);
    const isModule = absolute.endsWith('.mjs') || (!absolute.endsWith('.cjs') && manifest.type === 'module');
    // An entry that this process has loaded before must run again to register its functions.
    if (isModule) {
      await import(/* @vite-ignore */ `${pathToFileURL(absolute).href}?load=${loads}`);
    } else {
      const require = createRequire(absolute);
      delete require.cache[absolute];
      require(absolute);
    }
  }
}

function readFunction({ metadata }: RegisteredFunction): AppFunction {
  const bindings = Object.entries(metadata.bindings);
  const unsupported = bindings.find(([, { type }]) => !TRIGGERS.has(type) && !OTHERS.has(type));
  if (unsupported !== undefined) {
    throw new Error(`Function '${metadata.name}': the local host does not support the binding ${unsupported[1].type}.`);
  }
  if (metadata.retryOptions !== undefined) {
    throw new Error(`Function '${metadata.name}': the local host does not support retry policies of functions.`);
  }
  const [triggerName, trigger] = bindings.find(([, { type }]) => TRIGGERS.has(type)) ?? [];
  if (triggerName === undefined || trigger === undefined)
    throw new Error(`Function '${metadata.name}' has no trigger.`);
  const durableClients = bindings.filter(([, { type }]) => type === 'durableClient').map(([name]) => name);
  return { name: metadata.name, triggerName, trigger, durableClients };
}
