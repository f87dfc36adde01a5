// How SqlClient reads connection strings, and what the library that mssql uses makes of the same texts (decision 0032).
import { parse } from '@tediousjs/connection-string';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readParts } from '../../../shared/sql/connection-string-grammar.ts';

type Pairs = readonly (readonly [keyword: string, value: string])[];
type Reading = Readonly<Record<string, string>> | 'refused';

/** Of a keyword that is repeated, the last value counts. */
function valuesOf(pairs: Pairs): Reading {
  return Object.fromEntries(pairs.map(([keyword, value]) => [keyword.toLowerCase(), value]));
}

function ours(text: string): Reading {
  const parts = [...readParts(text)];
  const pairs = parts.flatMap((part) => ('key' in part ? [[part.key.replaceAll('==', '='), part.value] as const] : []));
  return pairs.length === parts.length ? valuesOf(pairs) : 'refused';
}

function theLibrarys(text: string): Reading {
  try {
    return valuesOf([...parse(text)]);
  } catch {
    return 'refused';
  }
}

describe('both read', () => {
  test.each<[text: string, expected: Reading]>([
    ['a=1', { a: '1' }],
    ['a=1;', { a: '1' }],
    ['A b = 1 2 ', { 'a b': '1 2' }],
    ['a=1;a=2', { a: '2' }],
    ['a="1;2"', { a: '1;2' }],
    [`a="1""2'3"`, { a: `1"2'3` }],
    [`a='1"2''3'`, { a: `1"2'3` }],
    [`a=' 1 ' ; b=2`, { a: ' 1 ', b: '2' }],
    [`a=it's`, { a: `it's` }],
    ['a=1=2', { a: '1=2' }],
    ['a==b=1', { 'a=b': '1' }],
    ['a=""', { a: '' }],
    ['a=', { a: '' }],
    ['a=pä😀', { a: 'pä😀' }],
    ['a="1', 'refused'],
    ['a="1"2', 'refused'],
  ])('%s', (text, expected) => {
    expect({ ours: ours(text), theLibrarys: theLibrarys(text) }).toEqual({ ours: expected, theLibrarys: expected });
  });
});

describe('the library reads otherwise than SqlClient', () => {
  test.each<[what: string, text: string, expected: Reading, read: Reading]>([
    ['braces, which quote in ODBC alone', 'a={1}', { a: '{1}' }, { a: '1' }],
    ['a password that begins with a brace', 'pwd={1;user=x', { pwd: '{1', user: 'x' }, 'refused'],
    ['a value that is empty, and takes over the next keyword', 'a=;b=1', { a: '', b: '1' }, { a: ';b=1' }],
    ['semicolons in a row', 'a=1;;b=2', { a: '1', b: '2' }, { a: '1;b=2' }],
    ['semicolons apart', 'a=1; ;b=2', { a: '1', b: '2' }, { a: '1', ';b': '2' }],
    ['semicolons at the beginning', ';a=1', { a: '1' }, { ';a': '1' }],
    ['text without an equals sign', 'a=1;b', 'refused', { a: '1' }],
    ['a keyword that is missing', '=1', 'refused', {}],
    ['a quotation mark at the end of a value', 'a=1"', 'refused', { a: '1"' }],
    ['a control character that is not quoted', 'a=1\0', 'refused', { a: '1\0' }],
  ])('%s: %j', (_what, text, expected, read) => {
    expect({ ours: ours(text), theLibrarys: theLibrarys(text) }).toEqual({ ours: expected, theLibrarys: read });
  });
});

const keyword = fc.stringMatching(/^[a-z][a-z ]{0,8}[a-z]$/).filter((text) => !text.includes('  '));
const bare = fc.stringMatching(/^(?:[^"'\s;\p{Cc}][^\s;\p{Cc}]{0,8}[^"'\s;\p{Cc}])?$/u);
const anything = fc.string({ maxLength: 10, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
const quoted = (quote: string) =>
  anything.map((text) => [text, quote + text.replaceAll(quote, quote + quote) + quote] as const);
const written = fc.oneof(
  bare.map((text) => [text, text] as const),
  quoted('"'),
  quoted("'"),
);
const separator = fc.constantFrom(';', ' ; ', ';;', '; ;\n');

/** Texts that are written by the rules, with what they say. */
const texts = fc.array(fc.tuple(keyword, written, separator), { maxLength: 6 }).map((parts) => ({
  text: parts.map(([name, [, value], end]) => `${name} = ${value}${end}`).join(''),
  expected: valuesOf(parts.map(([name, [value]]) => [name, value])),
}));

test('whatever is written by the rules is read as it is meant, which the library does not', () => {
  const reads = (read: (text: string) => Reading) =>
    fc.property(texts, ({ text, expected }) => {
      expect(read(text)).toEqual(expected);
    });
  fc.assert(reads(ours), { numRuns: 500 });
  expect(fc.check(reads(theLibrarys), { numRuns: 500 }).failed).toBe(true);
});
