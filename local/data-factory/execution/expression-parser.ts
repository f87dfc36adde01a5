import type { Json } from '../json.ts';
import { ExpressionError } from './expression-error.ts';

/** A parsed expression. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
  | {
      readonly kind: 'member';
      readonly of: Expression;
      readonly key: Expression;
      /** `?.` and `?[`: an absent member is null instead of an error. */
      readonly optional: boolean;
    };

const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;
const FUNCTION = /([A-Za-z_][A-Za-z0-9_]*)\s*\(/y;
const WORD = /(?:true|false|null)\b/iy;
const STRING = /'((?:[^']|'')*)'/y;
const MEMBER_NAME = /[A-Za-z0-9_-]+/y;
const SPACE = /\s*/y;
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };

/**
 * Parses the expression that starts at `start` (after the `@` or `@{`) and answers it with the index behind it.
 * https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions
 */
export function parseExpression(
  source: string,
  start: number,
): { readonly expression: Expression; readonly end: number } {
  const parser = new Parser(source, start);
  const expression = parser.expression();
  return { expression, end: parser.position };
}

class Parser {
  readonly #source: string;
  position: number;

  constructor(source: string, start: number) {
    this.#source = source;
    this.position = start;
  }

  expression(): Expression {
    let result = this.#primary();
    for (;;) {
      this.#match(SPACE);
      const optional = this.#take('?');
      if (this.#take('.')) {
        const name = this.#match(MEMBER_NAME);
        if (name === undefined) throw this.#unexpected();
        result = { kind: 'member', of: result, key: { kind: 'literal', value: name[0] }, optional };
      } else if (this.#take('[')) {
        const key = this.expression();
        this.#expect(']');
        result = { kind: 'member', of: result, key, optional };
      } else if (optional) {
        throw this.#unexpected();
      } else {
        return result;
      }
    }
  }

  #primary(): Expression {
    this.#match(SPACE);
    const string = this.#match(STRING);
    if (string !== undefined) return { kind: 'literal', value: (string[1] ?? '').replaceAll("''", "'") };
    const number = this.#match(NUMBER);
    if (number !== undefined) return { kind: 'literal', value: Number(number[0]) };
    const call = this.#match(FUNCTION);
    if (call !== undefined) return { kind: 'call', name: call[1] ?? '', parameters: this.#parameters() };
    const word = this.#match(WORD);
    if (word !== undefined) return { kind: 'literal', value: WORDS[word[0].toLowerCase()] ?? null };
    throw this.#unexpected();
  }

  #parameters(): readonly Expression[] {
    this.#match(SPACE);
    if (this.#take(')')) return [];
    const parameters = [this.expression()];
    while (this.#take(',')) parameters.push(this.expression());
    this.#expect(')');
    return parameters;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.#source);
    if (found === null) return undefined;
    this.position = pattern.lastIndex;
    return found;
  }

  #take(character: string): boolean {
    if (this.#source[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  #expect(character: string): void {
    this.#match(SPACE);
    if (!this.#take(character)) throw this.#unexpected();
  }

  #unexpected(): ExpressionError {
    const found = this.#source[this.position];
    const what = found === undefined ? 'the end' : `'${found}'`;
    return new ExpressionError(
      `Unable to parse expression '${this.#source}': ${what} is not expected at position ${this.position}.`,
    );
  }
}
