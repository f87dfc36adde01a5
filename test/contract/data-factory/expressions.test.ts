import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../local/data-factory/json.ts';
import { evaluate } from '../../../local/data-factory/execution/expressions.ts';

interface Case {
  readonly id: string;
  readonly expression: string;
  readonly state: { readonly parameters?: JsonObject; readonly variables?: JsonObject };
  readonly frozen?: { readonly utcNow?: string; readonly guid?: string };
  readonly expected?: Json;
  readonly expectError?: { readonly kind: string };
}

const FILE = fileURLToPath(new URL('../../../../shared/conformance/adf-expression-cases.json', import.meta.url));
const CASES_RUN = 396;
// The local evaluator has no XML.
const EXCEPTIONS = /@(?:xml|xpath)\(/;

function evaluateCase({ expression, state, frozen }: Case): Json {
  return evaluate(expression, {
    pipeline: { parameters: state.parameters ?? {} },
    variables: state.variables ?? {},
    utcNow: () => frozen?.utcNow ?? '2026-01-01T00:00:00.0000000Z',
    newGuid: () => frozen?.guid ?? '',
  });
}

function outcome(one: Case): { readonly value: Json } | { readonly error: string } {
  try {
    return { value: evaluateCase(one) };
  } catch (error) {
    return { error: String(error) };
  }
}

function holds(one: Case): boolean {
  const found = outcome(one);
  if (one.expectError !== undefined) return 'error' in found;
  if (!('value' in found)) return false;
  const { expected } = one;
  if (typeof expected === 'number' && typeof found.value === 'number') {
    return Math.abs(expected - found.value) <= Math.abs(expected) * 1e-12;
  }
  return JSON.stringify(found.value) === JSON.stringify(expected);
}

describe('expression language', () => {
  test('agrees with the collected cases', () => {
    if (!existsSync(FILE)) {
      process.stdout.write(`${FILE} is absent: its expression cases were not run\n`);
      return;
    }
    const { cases } = JSON.parse(readFileSync(FILE, 'utf8')) as { cases: readonly Case[] };
    const usable = cases.filter(({ expression }) => !EXCEPTIONS.test(expression));
    const wrong = usable.filter((one) => !holds(one)).map((one) => ({ id: one.id, ...outcome(one) }));
    expect(wrong).toEqual([]);
    expect(usable.length).toBeGreaterThanOrEqual(CASES_RUN);
  });
});
