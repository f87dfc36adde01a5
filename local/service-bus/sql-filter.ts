import { SYSTEM_PROPERTIES, type MessageFilter } from './filter.ts';
import type { Message, SystemProperties } from './message.ts';

type Value = string | number | boolean | null;
/** An expression; `null` is SQL's unknown. */
type Expression = (message: Message) => Value;

interface Token {
  readonly kind: 'literal' | 'name' | 'quoted' | 'symbol' | 'end';
  readonly text: string;
  readonly value: Value;
  readonly position: number;
}

const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|'(?<string>(?:[^']|'')*)'|\[(?<bracketed>[^\]]+)\]|"(?<quoted>(?:[^"]|"")*)"|(?<name>[A-Za-z_][\w$]*)|(?<symbol><>|!=|<=|>=|[=<>(),.-]))/y;

/**
 * Compiles a SQL filter (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter).
 * Throws with the position of what is malformed or not supported: arithmetic, parameters and `newid()` are not.
 */
export function parseSqlFilter(source: string): MessageFilter {
  const condition = new Parser(tokenize(source)).parse();
  return (message) => condition(message) === true;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const text = source.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const position = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new Error(`The SQL filter is not understood at position ${position}.`);
    tokens.push({ ...readToken(groups), position });
  }
  tokens.push({ kind: 'end', text: 'the end', value: null, position: text.length });
  return tokens;
}

function readToken(groups: Readonly<Record<string, string | undefined>>): Omit<Token, 'position'> {
  const { number, string, bracketed, quoted, name, symbol = '' } = groups;
  if (number !== undefined) return { kind: 'literal', text: number, value: Number(number) };
  if (string !== undefined) return { kind: 'literal', text: string, value: string.replaceAll("''", "'") };
  const quotedName = bracketed ?? quoted?.replaceAll('""', '"');
  if (quotedName !== undefined) return { kind: 'quoted', text: quotedName, value: null };
  if (name !== undefined) return { kind: 'name', text: name, value: null };
  return { kind: 'symbol', text: symbol, value: null };
}

/** Recursive descent, one method a level of precedence. */
class Parser {
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expression {
    const condition = this.#or();
    if (this.#current.kind !== 'end') throw this.#unexpected('the end');
    return condition;
  }

  get #current(): Token {
    const token = this.#tokens[this.#index] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('The SQL filter is empty.');
    return token;
  }

  #or(): Expression {
    let condition = this.#and();
    while (this.#skipWord('OR')) condition = combine([condition, this.#and()], true);
    return condition;
  }

  #and(): Expression {
    let condition = this.#not();
    while (this.#skipWord('AND')) condition = combine([condition, this.#not()], false);
    return condition;
  }

  #not(): Expression {
    return this.#skipWord('NOT') ? negate(this.#not()) : this.#predicate();
  }

  #predicate(): Expression {
    if (this.#skipWord('EXISTS')) {
      this.#expectSymbol('(');
      const property = this.#property();
      this.#expectSymbol(')');
      return (message) => property(message) !== null;
    }
    const operand = this.#operand();
    if (this.#skipWord('IS')) {
      const isNot = this.#skipWord('NOT');
      if (!this.#skipWord('NULL')) throw this.#unexpected('NULL');
      return (message) => (operand(message) === null) !== isNot;
    }
    if (this.#skipWord('NOT')) return negate(this.#membership(operand) ?? this.#fail('IN or LIKE'));
    return this.#membership(operand) ?? this.#comparison(operand);
  }

  #membership(operand: Expression): Expression | undefined {
    if (this.#skipWord('IN')) {
      this.#expectSymbol('(');
      const choices = [this.#operand()];
      while (this.#skipSymbol(',')) choices.push(this.#operand());
      this.#expectSymbol(')');
      return combine(
        choices.map((choice) => compare('=', operand, choice)),
        true,
      );
    }
    if (!this.#skipWord('LIKE')) return undefined;
    const pattern = this.#operand();
    const escape = this.#skipWord('ESCAPE') ? this.#operand() : () => null;
    return (message) => {
      const [value, like] = [operand(message), pattern(message)];
      if (typeof value !== 'string' || typeof like !== 'string') return null;
      return likePattern(like, escape(message)).test(value);
    };
  }

  #comparison(operand: Expression): Expression {
    const { kind, text } = this.#current;
    if (kind !== 'symbol' || !(text in COMPARISONS)) return operand;
    this.#index += 1;
    return compare(text as keyof typeof COMPARISONS, operand, this.#operand());
  }

  #operand(): Expression {
    if (this.#skipSymbol('(')) {
      const inner = this.#or();
      this.#expectSymbol(')');
      return inner;
    }
    const isNegative = this.#skipSymbol('-');
    const { kind, value } = this.#current;
    if (kind === 'literal' && (!isNegative || typeof value === 'number')) {
      this.#index += 1;
      return () => (isNegative ? -Number(value) : value);
    }
    if (isNegative) throw this.#unexpected('a number');
    for (const [word, constant] of CONSTANTS) if (this.#skipWord(word)) return () => constant;
    return this.#property();
  }

  #property(): Expression {
    const name = this.#name();
    if (this.#skipSymbol('(')) return this.#call(name);
    if (!this.#skipSymbol('.')) return userProperty(name);
    const member = this.#name();
    if (name.toLowerCase() === 'user') return userProperty(member);
    if (name.toLowerCase() === 'sys') return systemProperty(member);
    throw new Error(`The SQL filter has the scope '${name}'; there are only sys and user.`);
  }

  #call(name: string): Expression {
    if (!/^(?:p|property)$/i.test(name)) throw new Error(`The SQL filter calls '${name}', which is not supported.`);
    const { kind, value } = this.#current;
    if (kind !== 'literal' || typeof value !== 'string') throw this.#unexpected('a property name in quotes');
    this.#index += 1;
    this.#expectSymbol(')');
    return userProperty(value);
  }

  #name(): string {
    const { kind, text } = this.#current;
    if (kind !== 'name' && kind !== 'quoted') throw this.#unexpected('a property');
    this.#index += 1;
    return text;
  }

  #skip(kind: Token['kind'], text: string): boolean {
    const { kind: currentKind, text: currentText } = this.#current;
    const matches = currentKind === kind && currentText.toUpperCase() === text;
    if (matches) this.#index += 1;
    return matches;
  }

  #skipWord(word: string): boolean {
    return this.#skip('name', word);
  }

  #skipSymbol(symbol: string): boolean {
    return this.#skip('symbol', symbol);
  }

  #expectSymbol(symbol: string): void {
    if (!this.#skipSymbol(symbol)) throw this.#unexpected(`'${symbol}'`);
  }

  #unexpected(expected: string): Error {
    const { text, position } = this.#current;
    return new Error(`The SQL filter has '${text}' at position ${position} where ${expected} was expected.`);
  }

  #fail(expected: string): never {
    throw this.#unexpected(expected);
  }
}

const CONSTANTS = new Map<string, Value>([
  ['TRUE', true],
  ['FALSE', false],
  ['NULL', null],
]);

type Known = Exclude<Value, null>;

const COMPARISONS = {
  '=': (a: Known, b: Known) => a === b,
  '<>': (a: Known, b: Known) => a !== b,
  '!=': (a: Known, b: Known) => a !== b,
  '<': (a: Known, b: Known) => a < b,
  '>': (a: Known, b: Known) => a > b,
  '<=': (a: Known, b: Known) => a <= b,
  '>=': (a: Known, b: Known) => a >= b,
};

function compare(operator: keyof typeof COMPARISONS, left: Expression, right: Expression): Expression {
  return (message) => {
    const [a, b] = [left(message), right(message)];
    if (a === null || b === null || typeof a !== typeof b) return null;
    return COMPARISONS[operator](a, b);
  };
}

function negate(inner: Expression): Expression {
  return (message) => {
    const value = inner(message);
    return typeof value === 'boolean' ? !value : null;
  };
}

/** OR is decided by the first true, AND by the first false; otherwise one unknown makes the whole unknown. */
function combine(terms: readonly Expression[], decisive: boolean): Expression {
  return (message) => {
    const values = terms.map((term) => term(message));
    if (values.includes(decisive)) return decisive;
    return values.every((value) => value === !decisive) ? !decisive : null;
  };
}

function userProperty(name: string): Expression {
  const wanted = name.toLowerCase();
  return ({ applicationProperties }) => {
    const match = Object.entries(applicationProperties).find(([key]) => key.toLowerCase() === wanted);
    return toValue(match?.[1]);
  };
}

function systemProperty(name: string): Expression {
  const known = Object.entries(SYSTEM_PROPERTIES).find(([key]) => key.toLowerCase() === name.toLowerCase());
  if (known === undefined)
    throw new Error(`The SQL filter names the system property '${name}', which is not supported.`);
  const field: keyof SystemProperties = known[1];
  return ({ properties }) => toValue(properties[field]);
}

function toValue(value: unknown): Value {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function likePattern(pattern: string, escape: Value): RegExp {
  let expression = '';
  for (let index = 0; index < pattern.length; index += 1) {
    const isEscaped = pattern[index] === escape && index + 1 < pattern.length;
    if (isEscaped) index += 1;
    const character = pattern.charAt(index);
    if (!isEscaped && character === '%') expression += '.*';
    else if (!isEscaped && character === '_') expression += '.';
    else expression += character.replace(/[^\w\s]/, '\\$&');
  }
  return new RegExp(`^${expression}$`, 's');
}
