import { isDeepStrictEqual } from 'node:util';
import { isObject, toText, type Json } from '../json.ts';
import { dateFunctions } from './expression-dates.ts';
import { ExpressionError } from './expression-error.ts';
import { Parameters, type Ambient, type Implementation } from './expression-parameters.ts';

function equal(a: Json, b: Json): boolean {
  if (typeof a === 'boolean' && typeof b === 'number') return a === (b !== 0);
  if (typeof a === 'number' && typeof b === 'boolean') return equal(b, a);
  return isDeepStrictEqual(a, b);
}

function compare(p: Parameters): number {
  const a = p.any(0);
  const b = p.any(1);
  if (typeof a === 'number') return a - p.number(1);
  if (a === b) return 0;
  return p.text(0) < toText(b) ? -1 : 1;
}

function nonZero(p: Parameters): number {
  const divisor = p.number(1);
  if (divisor === 0) throw p.fail('attempt to divide by zero');
  return divisor;
}

function parsedNumber(p: Parameters, whole: boolean): number {
  const value = Number(p.any(0));
  const text = toText(p.any(0)).trim();
  if (text === '' || Number.isNaN(value) || (whole && !Number.isInteger(value))) {
    throw p.fail(`'${text}' is not ${whole ? 'an integer' : 'a number'}`);
  }
  return value;
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

const distinct = (list: readonly Json[]) =>
  list.filter((item, index) => list.findIndex((other) => equal(item, other)) === index);

const strings: Record<string, Implementation> = {
  concat: (p) =>
    Array.isArray(p.values[0]) ? p.values.flatMap((_, index) => p.list(index)) : p.values.map(toText).join(''),
  endsWith: (p) => p.text(0).toLowerCase().endsWith(p.text(1).toLowerCase()),
  startsWith: (p) => p.text(0).toLowerCase().startsWith(p.text(1).toLowerCase()),
  indexOf: (p) => p.text(0).toLowerCase().indexOf(p.text(1).toLowerCase()),
  lastIndexOf: (p) => p.text(0).toLowerCase().lastIndexOf(p.text(1).toLowerCase()),
  replace: (p) => p.text(0).replaceAll(p.text(1), () => p.text(2)),
  split: (p) => p.text(0).split(p.text(1)),
  substring: (p) => {
    const [text, start] = [p.text(0), p.number(1)];
    const length = p.values[2] === undefined ? text.length - start : p.number(2);
    if (start < 0 || length < 0 || start + length > text.length) throw p.fail('the range is outside the string');
    return text.slice(start, start + length);
  },
  toLower: (p) => p.text(0).toLowerCase(),
  toUpper: (p) => p.text(0).toUpperCase(),
  trim: (p) => p.text(0).trim(),
  guid: (p, ambient) => formatGuid(ambient.newGuid(), p.optionalText(0) ?? '', p),
};

function formatGuid(guid: string, format: string, p: Parameters): string {
  const digits = guid.replaceAll('-', '');
  switch (format.toUpperCase()) {
    case '':
    case 'D':
      return guid;
    case 'N':
      return digits;
    case 'B':
      return `{${guid}}`;
    case 'P':
      return `(${guid})`;
    case 'X': {
      const bytes = digits.slice(16).match(/../g) ?? [];
      const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16)].map((part) => `0x${part}`);
      return `{${parts.join(',')},{${bytes.map((byte) => `0x${byte}`).join(',')}}}`;
    }
    default:
      throw p.fail(`'${format}' is not a format of a GUID`);
  }
}

const collections: Record<string, Implementation> = {
  contains: (p) => {
    const all = p.any(0);
    if (typeof all === 'string') return all.includes(toText(p.any(1)));
    return isObject(all) ? Object.hasOwn(all, p.text(1)) : p.list(0).some((item) => equal(item, p.any(1)));
  },
  empty: (p) => {
    const all = p.any(0);
    return all === null || (isObject(all) ? Object.keys(all).length : p.sequence(0).length) === 0;
  },
  first: (p) => p.sequence(0)[0] ?? null,
  last: (p) => p.sequence(0).at(-1) ?? null,
  length: (p) => p.sequence(0).length,
  skip: (p) => p.sequence(0).slice(p.number(1)),
  take: (p) => p.sequence(0).slice(0, p.number(1)),
  join: (p) => p.list(0).map(toText).join(p.text(1)),
  union: (p) =>
    isObject(p.any(0))
      ? Object.fromEntries(p.values.filter(isObject).flatMap((one) => Object.entries(one)))
      : distinct(p.values.flatMap((_, index) => p.list(index))),
  intersection: (p) =>
    distinct(p.list(0)).filter((item) => p.values.every((_, i) => p.list(i).some((other) => equal(item, other)))),
};

const logic: Record<string, Implementation> = {
  equals: (p) => equal(p.any(0), p.any(1)),
  greater: (p) => compare(p) > 0,
  greaterOrEquals: (p) => compare(p) >= 0,
  less: (p) => compare(p) < 0,
  lessOrEquals: (p) => compare(p) <= 0,
  not: (p) => p.any(0) !== true,
};

const conversions: Record<string, Implementation> = {
  array: (p) => [p.any(0)],
  createArray: (p) => p.values,
  base64: (p) => encode(p.text(0)),
  base64ToString: (p) => decode(p.text(0)),
  decodeBase64: (p) => decode(p.text(0)),
  bool: (p) => (typeof p.any(0) === 'string' ? p.text(0).toLowerCase() === 'true' : Boolean(p.any(0))),
  coalesce: (p) => p.values.find((value) => value !== null) ?? null,
  dataUri: (p) => `data:text/plain;charset=utf-8;base64,${encode(p.text(0))}`,
  dataUriToString: (p) => decode(p.text(0).split('base64,')[1] ?? ''),
  uriComponent: (p) => encodeURIComponent(p.text(0)),
  encodeUriComponent: (p) => encodeURIComponent(p.text(0)),
  decodeUriComponent: (p) => decodeURIComponent(p.text(0)),
  uriComponentToString: (p) => decodeURIComponent(p.text(0)),
  float: (p) => parsedNumber(p, false),
  int: (p) => parsedNumber(p, true),
  json: (p) => {
    try {
      return JSON.parse(p.text(0)) as Json;
    } catch (error) {
      throw p.fail(`the text is not JSON: ${error instanceof Error ? error.message : ''}`);
    }
  },
  string: (p) => toText(p.any(0)),
};

const math: Record<string, Implementation> = {
  add: (p) => p.number(0) + p.number(1),
  sub: (p) => p.number(0) - p.number(1),
  mul: (p) => p.number(0) * p.number(1),
  div: (p) => {
    const quotient = p.number(0) / nonZero(p);
    return Number.isInteger(p.number(0)) && Number.isInteger(p.number(1)) ? Math.trunc(quotient) : quotient;
  },
  mod: (p) => p.number(0) % nonZero(p),
  max: (p) => Math.max(...p.numbers()),
  min: (p) => Math.min(...p.numbers()),
  rand: (p) => p.number(0) + Math.floor(Math.random() * (p.number(1) - p.number(0))),
  range: (p) => Array.from({ length: p.number(1) }, (_, index) => p.number(0) + index),
};

const FUNCTIONS = new Map(
  [strings, collections, logic, conversions, math, dateFunctions].flatMap((group) =>
    Object.entries(group).map(([name, implementation]) => [name.toLowerCase(), implementation]),
  ),
);

/** Calls a function by its name in any case; ExpressionError for an unknown one or wrong parameters. */
export function callFunction(name: string, values: readonly Json[], ambient: Ambient): Json {
  const implementation = FUNCTIONS.get(name.toLowerCase());
  if (implementation === undefined) {
    throw new ExpressionError(`The template function '${name}' is not supported by the local Data Factory.`);
  }
  return implementation(new Parameters(name, values), ambient);
}
