import { describe, expect, test } from 'vitest';
import * as scripts from '../../../shared/sql/scripts.ts';

const batches = Object.entries(scripts).flatMap(([name, script]) =>
  [script].flat().map((batch, index): [name: string, batch: string] => [`${name} ${index + 1}`, batch]),
);

describe.each(batches)('%s', (_name, batch) => {
  test('is one batch', () => {
    expect(batch.trim()).not.toBe('');
    expect(batch).not.toMatch(/^\s*GO\s*$/im);
  });

  // Data Factory evaluates text that starts with @ or holds @{, and refuses longer expressions than 8,192 characters:
  // https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions
  test('is taken literally by Data Factory', () => {
    expect(batch).not.toMatch(/^@|@\{/);
    expect(batch.length).toBeLessThanOrEqual(8192);
  });

  test('starts a procedure or view at its beginning, as T-SQL demands', () => {
    const code = batch.replaceAll(/^--.*$/gm, '').trim();
    const definitions = code.match(/^CREATE OR ALTER (PROCEDURE|VIEW)/gm) ?? [];
    expect(definitions.length).toBe(code.startsWith('CREATE OR ALTER') ? 1 : 0);
  });
});

test('what runs on the source does without functions that came after SQL Server 2016', () => {
  const onSource = [scripts.sourceProbe, scripts.sourceStorageProbe, scripts.listCompanies, scripts.catalogue];
  for (const batch of [...onSource, ...scripts.sourceObjects]) {
    expect(batch).not.toMatch(/\b(STRING_AGG|CONCAT_WS|TRIM|TRANSLATE|GREATEST|LEAST)\s*\(/i);
  }
});
