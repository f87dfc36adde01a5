/** Filters of queries, as far as the product writes them: https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities */
import { comparable } from './entity.ts';
import type { StoredRow } from './entity.ts';
import { TableFault } from './fault.ts';

type Filter = (row: StoredRow) => boolean;

const token =
  /\s*(?:(?<datetime>datetime'[^']*')|(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?L?)|(?<word>\w+)|(?<mark>[()]))/y;

/** @throws {TableFault} if the filter is none, or uses what is not supported here */
export function parseFilter(source: string): Filter {
  const tokens = tokensOf(source);
  let at = 0;
  const take = () => tokens[at++] ?? refuse();
  const takeIf = (word: string) => tokens[at] === word && ++at > 0;

  function anyOf(): Filter {
    const left = allOf();
    if (!takeIf('or')) return left;
    const right = anyOf();
    return (row) => left(row) || right(row);
  }
  function allOf(): Filter {
    const left = one();
    if (!takeIf('and')) return left;
    const right = allOf();
    return (row) => left(row) && right(row);
  }
  function one(): Filter {
    if (takeIf('not')) {
      const negated = one();
      return (row) => !negated(row);
    }
    if (!takeIf('(')) return comparison(take(), take(), take());
    const inner = anyOf();
    return takeIf(')') ? inner : refuse();
  }

  const filter = anyOf();
  return at === tokens.length ? filter : refuse();
}

const operators: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
};

/** A row without the column, or with another type in it, does not match. */
function comparison(name: string, operator: string, literal: string): Filter {
  const holds = operators[operator] ?? refuse();
  const wanted = valueOf(literal);
  return (row) => {
    const order = compare(comparable(row, name), wanted);
    return order !== undefined && holds(order);
  };
}

function compare(value: unknown, wanted: unknown): number | undefined {
  if (value instanceof Date && wanted instanceof Date) return value.getTime() - wanted.getTime();
  if (typeof value === 'string' && typeof wanted === 'string') return value === wanted ? 0 : value < wanted ? -1 : 1;
  if (typeof value === 'boolean' && typeof wanted === 'boolean') return Number(value) - Number(wanted);
  if (typeof value === 'number' && typeof wanted === 'number') return value - wanted;
  if (typeof value === 'bigint' && typeof wanted === 'bigint') return value === wanted ? 0 : value < wanted ? -1 : 1;
  return undefined;
}

function valueOf(literal: string): unknown {
  if (literal.startsWith("datetime'")) return new Date(literal.slice("datetime'".length, -1));
  if (literal.startsWith("'")) return literal.slice(1, -1).replaceAll("''", "'");
  if (literal === 'true' || literal === 'false') return literal === 'true';
  if (/^-?\d+L$/.test(literal)) return BigInt(literal.slice(0, -1));
  return /^-?\d/.test(literal) ? Number(literal) : refuse();
}

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < source.trimEnd().length) {
    const found = token.exec(source) ?? refuse();
    tokens.push(found[0].trim());
  }
  return tokens;
}

function refuse(): never {
  throw new TableFault(400, 'InvalidInput');
}
