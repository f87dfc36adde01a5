/** Route templates of HTTP triggers: `items/{id:int}/{rest?}`, matched without regard to case. */

type Check = (value: string) => boolean;

interface Parameter {
  readonly name: string;
  readonly checks: readonly Check[];
  readonly optional: boolean;
  readonly catchAll: boolean;
}

type Segment = { readonly literal: string } | { readonly parameter: Parameter };

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
  const parameters: Record<string, string> = {};
  const parts = path.length === 1 && path[0] === '' ? [] : path;
  for (const [index, segment] of segments.entries()) {
    const part = parts[index];
    if ('literal' in segment) {
      if (part === undefined || decode(part).toLowerCase() !== segment.literal.toLowerCase()) return undefined;
      continue;
    }
    const { name, checks, optional, catchAll } = segment.parameter;
    if (part === undefined || part === '') {
      if (!optional && !catchAll) return undefined;
      continue;
    }
    const value = catchAll ? parts.slice(index).map(decode).join('/') : decode(part);
    if (!checks.every((check) => check(value))) return undefined;
    parameters[name] = value;
    if (catchAll) return parameters;
  }
  return parts.length > segments.length ? undefined : parameters;
}

/** An escaped slash stays escaped, and what is no escape stays as it is. */
function decode(segment: string): string {
  return segment
    .replaceAll(/%2f/gi, '%252F')
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
}

function compileSegment(segment: string, template: string): Segment {
  if (!/[{}]/.test(segment)) return { literal: segment };
  const [, star, name, constraints = '', question] = /^\{(\*?)(\w+)((?::[^{}?]+)*)(\?)?\}$/.exec(segment) ?? [];
  if (name === undefined)
    throw new Error(`The local host does not understand '${segment}' in the route '${template}'.`);
  const checks = constraints
    .split(':')
    .filter((constraint) => constraint !== '')
    .map((constraint) => compileConstraint(constraint, template));
  return { parameter: { name, checks, optional: question === '?', catchAll: star === '*' } };
}

const INTEGER = /^\s*[+-]?\d+\s*$/;

// https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
const CONSTRAINTS: Readonly<Record<string, (...args: readonly string[]) => Check>> = {
  int: () => (value) => INTEGER.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31,
  long: () => (value) => INTEGER.test(value) && BigInt.asIntN(64, BigInt(value.trim())) === BigInt(value.trim()),
  bool: () => (value) => /^(?:true|false)$/i.test(value),
  guid: () => (value) => /^(?:[0-9a-f]{32}|\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?)$/i.test(value),
  alpha: () => (value) => /^[a-z]*$/i.test(value),
  length:
    (least = '0', most = least) =>
    (value) =>
      value.length >= Number(least) && value.length <= Number(most),
  minlength: (least) => (value) => value.length >= Number(least),
  maxlength: (most) => (value) => value.length <= Number(most),
  min: (least) => (value) => INTEGER.test(value) && Number(value) >= Number(least),
  max: (most) => (value) => INTEGER.test(value) && Number(value) <= Number(most),
  range: (least, most) => (value) =>
    INTEGER.test(value) && Number(value) >= Number(least) && Number(value) <= Number(most),
};

function compileConstraint(constraint: string, template: string): Check {
  const [, name = '', args = ''] = /^(\w+)(?:\((.*)\))?$/.exec(constraint) ?? [];
  const create = CONSTRAINTS[name.toLowerCase()];
  if (create === undefined) {
    throw new Error(`The local host does not know the constraint '${constraint}' of the route '${template}'.`);
  }
  return create(...args.split(',').filter((argument) => argument !== ''));
}
