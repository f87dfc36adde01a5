import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readJsonFile } from './settings.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const schema = z.object({
  IsEncrypted: z.boolean().default(false),
  Values: z.record(z.string(), text).default({}),
  ConnectionStrings: z.record(z.string(), z.union([text, z.object({ ConnectionString: z.string() })])).default({}),
  Host: z.object({ LocalHttpPort: z.int().optional() }).default({}),
});

/** What `local.settings.json` says. */
export interface LocalSettings {
  /** Environment variables; those that exist already have precedence. */
  readonly values: Readonly<Record<string, string>>;
  readonly port: number | undefined;
}

/**
 * Reads `local.settings.json`, if the app has one, as Azure Functions Core Tools do:
 * https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
 */
export function readLocalSettings(appDirectory: string): LocalSettings {
  const file = path.join(appDirectory, 'local.settings.json');
  if (!existsSync(file)) return { values: {}, port: undefined };
  const { IsEncrypted, Values, ConnectionStrings, Host } = readJsonFile(file, schema);
  if (IsEncrypted) {
    throw new Error(`${file}: the local host does not read encrypted settings. Run "func settings decrypt" first.`);
  }
  const values = { ...Values };
  for (const [name, value] of Object.entries(ConnectionStrings)) {
    values[`ConnectionStrings:${name}`] = typeof value === 'string' ? value : value.ConnectionString;
  }
  return { values, port: Host.LocalHttpPort };
}
