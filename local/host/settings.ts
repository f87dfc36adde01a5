import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const hostFileSchema = z.object({
  version: z.literal('2.0'),
  extensions: z
    .object({
      http: z
        .object({
          routePrefix: z.string().default('api'),
          customHeaders: z.record(z.string(), z.string()).default({}),
        })
        .prefault({}),
      durableTask: z
        .object({
          hubName: z.string().default('TestHubName'),
          maxConcurrentActivityFunctions: z.coerce.number().int().positive().optional(),
          maxConcurrentOrchestratorFunctions: z.coerce.number().int().positive().optional(),
          storeInputsInOrchestrationHistory: z.stringbool().or(z.boolean()).default(false),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** What the host takes from host.json; other members are the business of other hosts. */
export type HostSettings = z.infer<typeof hostFileSchema>['extensions'];

export type AppSettings = Readonly<Record<string, string | undefined>>;

/**
 * Reads host.json. A setting `AzureFunctionsJobHost__a__b` replaces the member a.b:
 * https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values
 */
export function readHostSettings(appDirectory: string, appSettings: AppSettings): HostSettings {
  const file = JSON.parse(readFileSync(path.join(appDirectory, 'host.json'), 'utf8')) as Record<string, unknown>;
  for (const [name, value] of Object.entries(appSettings)) {
    const [prefix, ...members] = name.split('__');
    if (prefix === 'AzureFunctionsJobHost' && value !== undefined) setMember(file, members, value);
  }
  const { http, durableTask } = hostFileSchema.parse(file).extensions;
  return { http, durableTask: { ...durableTask, hubName: resolveSettings(durableTask.hubName, appSettings) } };
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
