import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonError } from '../../functions/http/json-syntax.ts';

test.each([
  ['', 1, 1],
  ['{"a":1', 1, 7],
  ['{"a":1,}', 1, 8],
  ['{"a" 1}', 1, 6],
  ['[1,]', 1, 4],
  ['[1}', 1, 3],
  ['{a:1}', 1, 2],
  ["{'a':1}", 1, 2],
  ['01', 1, 2],
  ['1 2', 1, 3],
  ['{\n  "a": NaN\n}', 2, 8],
  ['["a\nb"]', 1, 2],
])('%j is not JSON from line %i, column %i on', (text, line, column) => {
  expect(findJsonError(text)).toEqual({ line, column });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('an error is found exactly where JSON.parse throws', () => {
  const token = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      '\n',
      '"a"',
      '"\\u00e9"',
      '"\\x"',
      '1',
      '-',
      '1e',
      '0.5',
      'null',
    ),
    fc.json(),
  );
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join('')),
      (text) => {
        expect(findJsonError(text) === undefined).toBe(isJson(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('32,000 brackets are no more than a position', () => {
  expect(findJsonError('['.repeat(32_000))).toEqual({ line: 1, column: 32_001 });
});
