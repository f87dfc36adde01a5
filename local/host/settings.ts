import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** A setting that replaces a member of host.json is text. */
const count = z.coerce.number().int();
const limit = count.transform((value) => (value < 0 ? Infinity : value)).default(Infinity);

const hostFileSchema = z.object({
  version: z.literal('2.0'),
  // https://learn.microsoft.com/azure/azure-functions/opentelemetry-howto
  telemetryMode: z.enum(['ApplicationInsights', 'OpenTelemetry']).default('ApplicationInsights'),
  extensions: z
    .object({
      http: z
        .object({
          routePrefix: z.string().default('api'),
          customHeaders: z.record(z.string(), z.string()).default({}),
          maxConcurrentRequests: limit,
          maxOutstandingRequests: limit,
        })
        .prefault({}),
      durableTask: z
        .object({
          hubName: z.string().default('TestHubName'),
          defaultVersion: z.string().optional(),
          versionMatchStrategy: z.enum(['None', 'Strict', 'CurrentOrOlder']).default('CurrentOrOlder'),
          versionFailureStrategy: z.enum(['Reject', 'Fail']).default('Reject'),
          maxConcurrentActivityFunctions: count.positive().optional(),
          maxConcurrentOrchestratorFunctions: count.positive().optional(),
          storeInputsInOrchestrationHistory: z.stringbool().or(z.boolean()).default(false),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** What the host takes from host.json; other members are the business of other hosts. */
export type HostSettings = z.infer<typeof hostFileSchema>['extensions'] &
  Pick<z.infer<typeof hostFileSchema>, 'telemetryMode'>;

export type AppSettings = Readonly<Record<string, string | undefined>>;

/**
 * Reads host.json. A setting `AzureFunctionsJobHost__a__b` replaces the member a.b:
 * https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
 */
export function readHostSettings(appDirectory: string, appSettings: AppSettings): HostSettings {
  const file = path.join(appDirectory, 'host.json');
  const content = readJsonFile(file, z.record(z.string(), z.unknown()));
  for (const [name, value] of Object.entries(appSettings)) {
    const [prefix, ...members] = name.split('__');
    if (prefix === 'AzureFunctionsJobHost' && value !== undefined) setMember(content, members, value);
  }
  const { telemetryMode, extensions } = validated(file, content, hostFileSchema);
  const { http, durableTask } = extensions;
  return {
    telemetryMode,
    http,
    durableTask: { ...durableTask, hubName: resolveSettings(durableTask.hubName, appSettings) },
  };
}

/** Reads a file of the app. Throws with its name and what has to be corrected when it is missing, no JSON, or wrong. */
export function readJsonFile<T>(file: string, schema: z.ZodType<T>): T {
  return validated(file, parsed(file), schema);
}

function parsed(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file} cannot be read: the app's folder must hold it.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not valid JSON: ${String(cause)}. Correct the file.`, { cause });
  }
}

function validated<T>(file: string, content: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(content);
  if (!result.success) throw new Error(`${file} must be corrected:\n${z.prettifyError(result.error)}`);
  return result.data;
}

/** Replaces `%NAME%` by the app setting of that name. */
export function resolveSettings(text: string, appSettings: AppSettings): string {
  return text.replaceAll(/%([^%]+)%/g, (_, name: string) => {
    const value = appSettings[name];
    if (value === undefined) throw new Error(`The app setting '${name}' does not exist; '${text}' refers to it.`);
    return value;
  });
}

function setMember(target: Record<string, unknown>, [member, ...rest]: string[], value: string): void {
  if (member === undefined) return;
  if (rest.length === 0) {
    target[member] = value;
    return;
  }
  const child = target[member];
  const inner = typeof child === 'object' && child !== null ? (child as Record<string, unknown>) : {};
  target[member] = inner;
  setMember(inner, rest, value);
}
