import { isObject, toText, typeName, type Json, type JsonObject } from '../json.ts';
import { ExpressionError } from './expression-error.ts';
import { callFunction } from './expression-functions.ts';
import type { Ambient } from './expression-parameters.ts';
import { parseExpression, type Expression } from './expression-parser.ts';

/** What an expression can see. An absent member means that the function is not expected in this place. */
export interface Scope extends Ambient {
  readonly pipeline?: JsonObject;
  readonly variables?: JsonObject;
  /** Finished activities by name: `{ status, output, error }`. */
  readonly activities?: JsonObject;
  readonly dataset?: JsonObject;
  /** What an iteration of a loop stands for. */
  readonly item?: Json;
}

/**
 * Evaluates a value of a document: expressions inside strings, `{ type: 'Expression', value }`, and everything nested.
 * A string is an expression as a whole when it starts with `@` (type kept); `@{…}` inside a string is interpolated.
 * Throws ExpressionError.
 */
export function evaluate(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return evaluateString(value, scope);
  if (Array.isArray(value)) return value.map((item: Json) => evaluate(item, scope));
  if (!isObject(value)) return value;
  if (value['type'] === 'Expression' && typeof value['value'] === 'string')
    return evaluateString(value['value'], scope);
  return Object.fromEntries(Object.entries(value).map(([name, nested]) => [name, evaluate(nested, scope)]));
}

type Call = Extract<Expression, { readonly kind: 'call' }>;

function evaluateString(text: string, scope: Scope): Json {
  if (text.startsWith('@@')) return text.slice(1);
  if (!text.startsWith('@') || text.startsWith('@{')) return interpolate(text, scope);
  const { expression, end } = parseExpression(text, 1);
  if (text.slice(end).trim() !== '') {
    throw new ExpressionError(`Unable to parse expression '${text}': text follows the expression at position ${end}.`);
  }
  return compute(expression, scope, text);
}

function interpolate(text: string, scope: Scope): string {
  let result = '';
  let position = 0;
  for (;;) {
    const at = text.indexOf('@{', position);
    if (at < 0) return result + text.slice(position);
    if (text[at - 1] === '@' && at > position) {
      result += `${text.slice(position, at - 1)}@{`;
      position = at + 2;
      continue;
    }
    const { expression, end } = parseExpression(text, at + 2);
    if (text[end] !== '}') throw new ExpressionError(`Unable to parse expression '${text}': '}' is missing.`);
    result += text.slice(position, at) + toText(compute(expression, scope, text));
    position = end + 1;
  }
}

function compute(expression: Expression, scope: Scope, text: string): Json {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'member') {
    const of = compute(expression.of, scope, text);
    return member(of, compute(expression.key, scope, text), expression.optional, text);
  }
  return call(expression, scope, text);
}

function call({ name, parameters }: Call, scope: Scope, text: string): Json {
  const parameter = (index: number): Json => {
    const found = parameters[index];
    if (found === undefined) throw new ExpressionError(`The template function '${name}' needs more parameters.`);
    return compute(found, scope, text);
  };
  const holds = (index: number): boolean => {
    const value = parameter(index);
    if (typeof value === 'boolean') return value;
    throw new ExpressionError(
      `The template function '${name}' needs a Boolean and not a value of type '${typeName(value)}'.`,
    );
  };
  switch (name.toLowerCase()) {
    // The engine evaluates only what the outcome needs.
    case 'if':
      return holds(0) ? parameter(1) : parameter(2);
    case 'and':
      return parameters.every((_, index) => holds(index));
    case 'or':
      return parameters.some((_, index) => holds(index));
    case 'pipeline':
      return scope.pipeline ?? notExpected(name);
    case 'dataset':
      return scope.dataset ?? notExpected(name);
    case 'variables':
      return named(scope.variables, name, parameter(0), 'the template variable', 'cannot be found');
    case 'activity':
      return named(scope.activities, name, parameter(0), 'the template action', 'is not defined at current scope');
    case 'item':
      return scope.item === undefined ? notExpected(name) : scope.item;
    default: {
      const values = parameters.map((_, index) => parameter(index));
      return callFunction(name, values, scope);
    }
  }
}

function notExpected(name: string): never {
  throw new ExpressionError(`The template function '${name}' is not expected at this location.`);
}

function named(all: JsonObject | undefined, caller: string, key: Json, what: string, problem: string): Json {
  const found = (all ?? notExpected(caller))[toText(key)];
  if (found !== undefined) return found;
  throw new ExpressionError(`Template language expression cannot be evaluated: ${what} '${toText(key)}' ${problem}.`);
}

function member(of: Json, key: Json, optional: boolean, text: string): Json {
  const found = find(of, key);
  if (found !== undefined) return found;
  if (optional) return null;
  const reason = isObject(of)
    ? `property '${toText(key)}' doesn't exist, available properties are '${Object.keys(of).join(', ')}'`
    : `'${toText(key)}' cannot be selected from a value of that type`;
  throw new ExpressionError(`The template language expression '${text}' cannot be evaluated because ${reason}.`);
}

function find(of: Json, key: Json): Json | undefined {
  if (Array.isArray(of)) return typeof key === 'number' ? (of[key] as Json | undefined) : undefined;
  if (!isObject(of) || typeof key !== 'string') return undefined;
  if (Object.hasOwn(of, key)) return of[key];
  const other = Object.keys(of).find((name) => name.toLowerCase() === key.toLowerCase());
  return other === undefined ? undefined : of[other];
}
