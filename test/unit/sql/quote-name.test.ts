import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteName } from '../../../shared/sql/quote-name.ts';

test('brackets are doubled inside a quoted name', () => {
  expect(quoteName('CRONUS [LOCAL] & Söhne$Item')).toBe('[CRONUS [LOCAL]] & Söhne$Item]');
});

test('a quoted name ends where it should, whatever the name holds', () => {
  const name = fc.string({
    minLength: 1,
    maxLength: 128,
    unit: fc.constantFrom(']', '[', "'", '"', ';', '-', '\n', 'ž', 'a'),
  });
  fc.assert(
    fc.property(name, (text) => {
      const quoted = quoteName(text);
      const inner = quoted.slice(1, -1);
      expect(inner.replaceAll(']]', '')).not.toContain(']');
      expect(inner.replaceAll(']]', ']')).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['', 'empty'],
  ['a'.repeat(129), 'too long'],
  ['a\0b', 'with NUL'],
])('no name: %#', (name) => {
  expect(() => quoteName(name)).toThrow(RangeError);
});
