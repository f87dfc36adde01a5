import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, clipList } from '../../shared/clip.ts';

const text = fc.string({ unit: 'binary', maxLength: 400, size: 'max' });
const longest = fc.integer({ min: 40, max: 200 });

describe('a text', () => {
  test('that is short enough stays as it is', () => {
    fc.assert(fc.property(text, (given) => clip(given, given.length) === given));
    expect(clip('x'.repeat(4_000))).toHaveLength(4_000);
  });

  test('never gets longer than it may be', () => {
    fc.assert(fc.property(text, longest, (given, limit) => clip(given, limit).length <= limit));
    expect(clip('x'.repeat(1_000_000)).length).toBeLessThanOrEqual(4_000);
  });

  test('that is cut off keeps its beginning and says how long it was', () => {
    fc.assert(
      fc.property(text, longest, (given, limit) => {
        fc.pre(given.length > limit);
        const [, kept, length] = /^([^]*) … \((\d+) characters\)$/.exec(clip(given, limit)) ?? [];
        expect(given.startsWith(kept ?? 'nothing')).toBe(true);
        expect(Number(length)).toBe(given.length);
      }),
    );
  });

  test('is never cut through a character', () => {
    const emoji = fc
      .array(fc.constantFrom('🚚', 'a'), { minLength: 200, maxLength: 300 })
      .map((parts) => parts.join(''));
    fc.assert(fc.property(emoji, longest, (given, limit) => /^[^\p{Surrogate}]*$/u.test(clip(given, limit))));
  });

  test('that was cut off is not cut off again', () => {
    fc.assert(fc.property(text, longest, (given, limit) => clip(clip(given, limit), limit) === clip(given, limit)));
  });
});

describe('a list', () => {
  const list = fc.array(fc.string(), { maxLength: 250, size: 'max' });

  test('holds at most a hundred texts, and says how many more there are', () => {
    fc.assert(
      fc.property(list, (given) => {
        const clipped = clipList(given);
        expect(clipped.slice(0, 100)).toEqual(given.slice(0, 100));
        expect(clipped.slice(100)).toEqual(given.length > 100 ? [`and ${given.length - 100} more`] : []);
      }),
    );
  });

  test('has no text that is too long', () => {
    expect(clipList(['x'.repeat(10_000)])[0]?.length).toBeLessThanOrEqual(200);
  });
});
