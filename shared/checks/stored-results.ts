/** Results of checks as they are stored: a row each, and further rows for the names that one lists. Pure. */
import { z } from 'zod';
import { checkResultSchema } from './check.ts';
import type { CheckResult } from './check.ts';

/** A row holds 32 K characters; names of companies have 30, those of extensions 250. */
const NAMES_IN_ROW = 50;

const namesSchema = z.strictObject({ namesOf: z.string(), names: z.array(z.string()) });

/** What is stored of results: each, and behind it the names that it lists. */
export function rowsOfResults(results: readonly CheckResult[]): object[] {
  return results.flatMap(({ names = [], ...result }) => {
    const count = Math.ceil(names.length / NAMES_IN_ROW);
    const parts = Array.from({ length: count }, (_, index) => ({
      namesOf: result.id,
      names: names.slice(index * NAMES_IN_ROW, (index + 1) * NAMES_IN_ROW),
    }));
    return [result, ...parts];
  });
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
