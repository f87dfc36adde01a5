/** Names as administrators and developers choose them, and worse; and what a server makes of them. */
import fc from 'fast-check';
import type sql from 'mssql';
import { quoteName } from '../../shared/sql/quote-name.ts';

/** So many go in one batch. */
const BATCH = 200;

const awkward = ']["\'`;-/*%$._ @#(){}=\\\n\tžß名'.split('').concat('😀');
const words = ['GO', 'DROP TABLE canary', '--', '/*', '*/', ']]', "N'", 'EXEC', 'SELECT', '$ext'];

/** Up to 128 characters of any kind but NUL, which no name has; the server counts UTF-16 units, as JavaScript does. */
const name = fc
  .array(
    fc.oneof(
      { arbitrary: fc.constantFrom(...awkward), weight: 4 },
      { arbitrary: fc.constantFrom(...words), weight: 1 },
      { arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), weight: 2 },
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((parts) => parts.join('').replaceAll('\0', '').slice(0, 128).toWellFormed())
  .filter((text) => text.length > 0);

/** The same names for the same seed, no two of which differ in the case of letters alone. */
export function sampleNames(count: number, seed: number): string[] {
  const names = new Map<string, string>();
  for (let round = 0; names.size < count; round += 1) {
    for (const text of fc.sample(name, { numRuns: count, seed: seed + round })) names.set(text.toLowerCase(), text);
  }
  return [...names.values()].slice(0, count);
}

/**
 * Says which names do not come back as they went: as a name that is quoted here, as one that the server quotes, and as a
 * text; and how many statements were executed. A table `canary` must be there, and is afterwards.
 */
export async function misunderstood(pool: sql.ConnectionPool, names: readonly string[]) {
  const wrong: string[] = [];
  let statements = 0;
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH);
    const columns = batch.map((text, index) => `${index} AS ${quoteName(text)}`);
    const request = pool.request().input('names', JSON.stringify(batch));
    const { recordsets } = await request.query(
      `SELECT ${columns.join(', ')};
       SELECT [value] AS [name], QUOTENAME([value]) AS [quoted] FROM OPENJSON(@names) ORDER BY CAST([key] AS int);
       SELECT COUNT(*) AS [canaries] FROM [canary];`,
    );
    const [[asColumns = {}] = [], quoted = [], counted = []] = recordsets as Record<string, unknown>[][];
    if (recordsets.length !== 3 || counted[0]?.['canaries'] !== 1) throw new Error('Something else was executed');
    statements += recordsets.length;
    batch.forEach((text, index) => {
      const row = quoted[index];
      const isSame = asColumns[text] === index && row?.['name'] === text && row['quoted'] === quoteName(text);
      if (!isSame) wrong.push(text);
    });
  }
  return { wrong, statements };
}
