/** Tells whether the value of a route parameter is acceptable. */
export type Check = (value: string) => boolean;

const INTEGER = /^\s*[+-]?\d+\s*$/;
const DECIMAL = /^\s*[+-]?(?:\d[\d,]*\.?\d*|\.\d+)\s*$/;

// https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
const CONSTRAINTS: Readonly<Record<string, (...args: readonly string[]) => Check>> = {
  int: () => (value) => INTEGER.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31,
  long: () => (value) => INTEGER.test(value) && BigInt.asIntN(64, BigInt(value.trim())) === BigInt(value.trim()),
  decimal: () => (value) => DECIMAL.test(value),
  bool: () => (value) => /^(?:true|false)$/i.test(value),
  datetime: () => (value) => /\d/.test(value) && !Number.isNaN(Date.parse(value)),
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

/** A constraint of a route such as `range` with the arguments `1,5`; undefined when there is none of that name. */
export function compileConstraint(name: string, args: string): Check | undefined {
  if (name.toLowerCase() === 'regex') {
    const pattern = new RegExp(args, 'i');
    return (value) => pattern.test(value);
  }
  return CONSTRAINTS[name.toLowerCase()]?.(...args.split(',').filter((argument) => argument !== ''));
}
