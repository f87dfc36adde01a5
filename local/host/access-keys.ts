import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { readJsonFile } from './settings.ts';

/** Who may call an HTTP function: https://learn.microsoft.com/azure/azure-functions/function-keys-how-to */
export type AuthLevel = 'anonymous' | 'function' | 'admin';

const schema = z.object({
  /** Opens everything. */
  master: z.string(),
  /** Opens every function of the level `function`. */
  host: z.string(),
  /** Opens the management API of the Durable extension. */
  durable: z.string(),
  /** By function: opens that one. */
  functions: z.record(z.string(), z.string()),
});

/** The keys of one app. */
export type AccessKeys = Readonly<z.infer<typeof schema>>;

/**
 * Makes keys for the functions of an app. With a file they are the same at every start; it is written for its owner
 * alone.
 */
export function accessKeys(functions: readonly string[], file?: string): AccessKeys {
  const stored = file !== undefined && existsSync(file) ? readJsonFile(file, schema) : undefined;
  const keys = {
    master: stored?.master ?? newKey(),
    host: stored?.host ?? newKey(),
    durable: stored?.durable ?? newKey(),
    functions: Object.fromEntries(functions.map((name) => [name, stored?.functions[name] ?? newKey()])),
  };
  if (file !== undefined) writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}

/** Whether a caller with this key gets into a function. */
export function opensFunction(
  { master, host, functions }: AccessKeys,
  key: string | undefined,
  target: { readonly name: string; readonly level: AuthLevel },
): boolean {
  if (target.level === 'anonymous' || key === master) return true;
  return target.level === 'function' && key !== undefined && (key === host || key === functions[target.name]);
}

function newKey(): string {
  return randomBytes(32).toString('base64url');
}
