import { randomUUID } from 'node:crypto';
import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { Registration, supplyCore, suppliedModel } from './functions-core.ts';
import type {
  CoreInvocationContext,
  CoreLog,
  FunctionMetadata,
  HookName,
  ProgrammingModel,
  RegisteredFunction,
} from './functions-core.ts';
import type { Binding } from './functions-core.ts';
import { readJsonFile, type AppSettings } from './settings.ts';
import { newTrace, traceParentOf, type Trace } from './trace.ts';
import type { TypedData } from './typed-data.ts';

/** A function of the app with the one binding that starts it. */
export interface AppFunction {
  readonly name: string;
  /** Name of the trigger's binding. */
  readonly triggerName: string;
  readonly trigger: Binding;
  readonly bindings: Readonly<Record<string, Binding>>;
  /** Registered, but not to be run. */
  readonly disabled: boolean;
  /** Names of the bindings that want a durable client. */
  readonly durableClients: readonly string[];
}

/** Code of the app has thrown, with `cause`, while it was loaded. */
export class LoadFailure extends Error {}

const TRIGGERS = new Set(['httpTrigger', 'timerTrigger', 'orchestrationTrigger', 'activityTrigger']);
const OTHERS = new Set(['http', 'durableClient']);
const manifestSchema = z.object({
  main: z.string('must name the built entry file').min(1),
  type: z.string().optional(),
});

// https://learn.microsoft.com/azure/azure-functions/functions-reference-node: function names
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,127}$/;

/** A loaded function app: its functions, and a way to run them through the unmodified library. */
export class FunctionApp {
  /** In the order of their names. */
  readonly functions: readonly AppFunction[];
  /** What functions with a durable client get, as JSON text; whoever runs the app sets it. */
  durableClient = '';
  /** Whether functions are told of their trace; whoever runs the app sets it. */
  tellsTraces = false;
  /** `main` of package.json. */
  readonly entry: string;
  readonly #registration: Registration;
  readonly #model: ProgrammingModel;
  readonly #release: () => void;
  readonly #appHookData = {};

  private constructor(
    registration: Registration,
    model: ProgrammingModel,
    release: () => void,
    { entry, settings }: { readonly entry: string; readonly settings: AppSettings },
  ) {
    this.entry = entry;
    this.#registration = registration;
    this.#model = model;
    this.#release = release;
    this.functions = [...registration.functions.values()]
      .map(({ metadata }) => readFunction(metadata, settings))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Runs the files that package.json names as `main`. Rejects with the reason when the app cannot be served as it is. */
  static async load(appDirectory: string, settings: AppSettings, log: CoreLog): Promise<FunctionApp> {
    const registration = new Registration(log);
    const release = supplyCore(registration);
    try {
      const entry = await runEntryFiles(appDirectory);
      const model = suppliedModel();
      if (model === undefined || registration.functions.size === 0) {
        throw new Error('The app has registered no function with @azure/functions.');
      }
      const app = new FunctionApp(registration, model, release, { entry, settings });
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
   * Invokes a function with what its trigger brings, and answers with what it returned. Rejects with the error that the
   * function threw.
   */
  async invoke(
    { name, triggerName, durableClients }: AppFunction,
    data: TypedData,
    triggerMetadata: Readonly<Record<string, TypedData>> = {},
    trace: Trace = newTrace(),
  ): Promise<TypedData | undefined> {
    const registered = this.#registration.functions.get(name);
    if (registered === undefined) throw new Error(`There is no function '${name}'.`);
    const clients = durableClients.map((client) => [client, { string: this.durableClient }] as const);
    const inputs = { [triggerName]: data, ...Object.fromEntries(clients) };
    const core = this.#coreContext(registered, inputs, triggerMetadata, trace);
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
    trace: Trace,
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
        traceContext: { traceParent: this.tellsTraces ? traceParentOf(trace) : '', traceState: '', attributes: {} },
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

/** Answers with `main` of package.json. */
async function runEntryFiles(appDirectory: string): Promise<string> {
  const manifestFile = path.join(appDirectory, 'package.json');
  const manifest = readJsonFile(manifestFile, manifestSchema);
  const files = globSync(manifest.main, { cwd: appDirectory }).sort();
  if (files.length === 0) {
    throw new Error(`No file matches "${manifest.main}", the "main" of ${manifestFile}. Build the app, or correct it.`);
  }
  loads += 1;
  for (const file of files) {
    try {
      await runEntryFile(path.resolve(appDirectory, file), manifest.type === 'module');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LoadFailure(`The app cannot be loaded: ${file}: ${reason}`, { cause });
    }
  }
  return manifest.main;
}

/** An entry that this process has loaded before runs again, to register its functions. */
async function runEntryFile(file: string, isModulePackage: boolean): Promise<void> {
  if (file.endsWith('.mjs') || (!file.endsWith('.cjs') && isModulePackage)) {
    await import(/* @vite-ignore */ `${pathToFileURL(file).href}?load=${loads}`);
    return;
  }
  const require = createRequire(file);
  delete require.cache[file];
  require(file);
}

function readFunction(metadata: FunctionMetadata, settings: AppSettings): AppFunction {
  const { name } = metadata;
  if (!NAME.test(name)) throw new Error(`'${name}' is not a valid function name.`);
  const bindings = Object.entries(metadata.bindings);
  const unsupported = bindings.find(([, { type }]) => !TRIGGERS.has(type) && !OTHERS.has(type));
  if (unsupported !== undefined) {
    throw new Error(`Function '${name}': the local host does not support the binding ${unsupported[1].type}.`);
  }
  if (metadata.retryOptions !== undefined) {
    throw new Error(`Function '${name}': the local host does not support retry policies of functions.`);
  }
  const [triggerName, trigger] = bindings.find(([, { type }]) => TRIGGERS.has(type)) ?? [];
  if (triggerName === undefined || trigger === undefined) throw new Error(`Function '${name}' has no trigger.`);
  const durableClients = bindings.filter(([, { type }]) => type === 'durableClient').map(([binding]) => binding);
  // https://learn.microsoft.com/azure/azure-functions/disable-function
  const disabled = /^(?:true|1)$/i.test(settings[`AzureWebJobs.${name}.Disabled`] ?? '');
  return { name, triggerName, trigger, bindings: metadata.bindings, disabled, durableClients };
}
