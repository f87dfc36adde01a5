import type { Parameter, Pipeline } from './documents.ts';
import { badRequest } from './errors.ts';
import { isObject, typeName, type Json, type JsonObject } from './json.ts';

type ParameterType = Parameter['type'];

const FITS: Readonly<Record<ParameterType, (value: Json) => boolean>> = {
  String: (value) => typeof value === 'string',
  SecureString: (value) => typeof value === 'string',
  Int: (value) => typeof value === 'number' && Number.isInteger(value),
  Float: (value) => typeof value === 'number',
  Bool: (value) => typeof value === 'boolean',
  Array: (value) => Array.isArray(value),
  Object: isObject,
};

/** The parameters of a run: given values or defaults. 400 for one without a value or of another type than declared. */
export function resolveParameters({ parameters }: Pipeline, given: JsonObject): JsonObject {
  const resolved: Record<string, Json> = {};
  for (const [name, { type, defaultValue }] of Object.entries(parameters)) {
    const value = given[name] ?? defaultValue;
    if (value === undefined) throw badRequest(`The pipeline parameter '${name}' has no value and no default.`);
    if (!FITS[type](value)) {
      throw badRequest(`The pipeline parameter '${name}' is of type ${type}; a ${typeName(value)} was given.`);
    }
    resolved[name] = value;
  }
  return resolved;
}

/** The parameters as a run shows them: every value is text, secure ones are hidden. */
export function parametersToText({ parameters }: Pipeline, resolved: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(resolved).map(([name, value]) => {
      if (parameters[name]?.type === 'SecureString') return [name, '***'];
      return [name, typeof value === 'string' ? value : JSON.stringify(value)];
    }),
  );
}
