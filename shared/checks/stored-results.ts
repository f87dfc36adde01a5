/** Results of checks as they are stored: a row each, and further rows for the names that one lists. Pure. */
import { z } from 'zod';
import { clip } from '../clip.ts';
import { checkResultSchema } from './check.ts';
import type { CheckResult } from './check.ts';

/** A row holds 32 K characters, as JSON, and each name takes some more than it has. */
const LONGEST_PART = 12_000;
const LONGEST_NAME = 1_000;

const namesSchema = z.strictObject({ namesOf: z.string(), names: z.array(z.string()) });

/** What is stored of results: each, and behind it the names that it lists. */
export function rowsOfResults(results: readonly CheckResult[]): object[] {
  return results.flatMap(({ names = [], ...result }) => {
    return [result, ...inParts(names).map((part) => ({ namesOf: result.id, names: part }))];
  });
}

function inParts(names: readonly string[]): string[][] {
  const parts: string[][] = [];
  let room = 0;
  for (const name of names.map((whole) => clip(whole, LONGEST_NAME))) {
    if (room < name.length) {
      parts.push([]);
      room = LONGEST_PART;
    }
    parts.at(-1)?.push(name);
    room -= name.length;
  }
  return parts;
}

/** The results that were stored so. */
export function resultsOfRows(rows: readonly unknown[]): CheckResult[] {
  const names = new Map<string, string[]>();
  const results = rows.flatMap((row) => {
    const part = namesSchema.safeParse(row).data;
    if (part === undefined) return [checkResultSchema.parse(row)];
    names.set(part.namesOf, [...(names.get(part.namesOf) ?? []), ...part.names]);
    return [];
  });
  return results.map((result) => {
    const all = names.get(result.id);
    return all === undefined ? result : { ...result, names: all };
  });
}
