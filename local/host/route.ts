import { compileConstraint, type Check } from './route-constraint.ts';

/** Route templates of HTTP triggers: `items/{id:int}/{rest?}`, matched without regard to case. */

interface Parameter {
  readonly name: string;
  readonly checks: readonly Check[];
  readonly optional: boolean;
  readonly catchAll: boolean;
  readonly otherwise: string | undefined;
}

/** A part of the path; more than one parameter in it are told apart by the text between them. */
interface Segment {
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
}

/** A compiled template. */
export interface Route {
  readonly template: string;
  /** Parameters of a path that fits, undefined when it does not fit. `path` is as sent, without its leading slash. */
  match(path: string): Record<string, string> | undefined;
}

/** Throws with the template when it cannot be compiled. */
export function compileRoute(template: string): Route {
  if (template.startsWith('/')) throw new Error(`The route '${template}' must not begin with '/'.`);
  const segments = template === '' ? [] : template.split('/').map((segment) => compileSegment(segment, template));
  return { template, match: (path) => matchSegments(segments, path.replace(/\/$/, '').split('/')) };
}

function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  const parts = path.length === 1 && path[0] === '' ? [] : path;
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    const [first] = segment.parameters;
    if (first !== undefined && (part === undefined || part === '')) {
      if (first.otherwise !== undefined) values[first.name] = first.otherwise;
      else if (!first.optional && !first.catchAll) return undefined;
      continue;
    }
    const text = first?.catchAll === true ? parts.slice(index).map(decode).join('/') : decode(part ?? '');
    const found = matchSegment(segment, text);
    if (found === undefined) return undefined;
    Object.assign(values, found);
    if (first?.catchAll === true) return values;
  }
  return parts.length > segments.length ? undefined : values;
}

/** The last parameter comes first, as in the real host. */
function matchSegment({ pattern, parameters }: Segment, text: string): Record<string, string> | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const values = parameters.map((parameter, index) => ({ parameter, value: match[index + 1] ?? '' })).reverse();
  if (!values.every(({ parameter, value }) => parameter.checks.every((check) => check(value)))) return undefined;
  return Object.fromEntries(values.map(({ parameter, value }) => [parameter.name, value]));
}

/** Decodes a part of a path. An escaped slash stays escaped, and what is no escape stays as it is. */
export function decode(segment: string): string {
  return segment
    .replaceAll(/%2f/gi, '%252F')
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
}

function compileSegment(segment: string, template: string): Segment {
  const pieces = segment.split(/(\{[^{}]*\})/);
  const parameters = pieces.flatMap((piece, index) => (index % 2 === 1 ? [compileParameter(piece, template)] : []));
  const literals = pieces.filter((_, index) => index % 2 === 0);
  if (literals.some((literal) => /[{}]/.test(literal)) || literals.slice(1, -1).includes('')) {
    throw new Error(`The local host does not understand '${segment}' in the route '${template}'.`);
  }
  const pattern = pieces.map((piece, index) => (index % 2 === 1 ? '(.+)' : escaped(piece))).join('');
  return { pattern: new RegExp(`^${pattern}$`, 'is'), parameters };
}

function escaped(literal: string): string {
  return literal.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

// {*name:constraint(arguments):constraint=default} or {name?}
const PARAMETER = /^\{(\*{0,2})(\w+)((?::\w+(?:\(.*?\)(?=[:?=}]))?)*)(\?|=[^}]*)?\}$/;

function compileParameter(text: string, template: string): Parameter {
  const [, stars = '', name, constraints = '', end = ''] = PARAMETER.exec(text) ?? [];
  if (name === undefined) throw new Error(`The local host does not understand '${text}' in the route '${template}'.`);
  const checks = [...constraints.matchAll(/:(\w+)(?:\((.*?)\)(?=:|$))?/g)].map(
    ([whole, constraint = '', args = '']) => {
      const check = compileConstraint(constraint, args);
      if (check !== undefined) return check;
      throw new Error(`The local host does not know the constraint '${whole.slice(1)}' of the route '${template}'.`);
    },
  );
  const otherwise = end.startsWith('=') ? end.slice(1) : undefined;
  return { name, checks, optional: end === '?', catchAll: stars !== '', otherwise };
}
