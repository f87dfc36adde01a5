import { syntaxError } from '../sql-error.ts';
import type { Token } from './lexer.ts';

/** True when the token is one of these keywords or operators (given in capitals). */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token !== undefined && token.upper !== '' && words.includes(token.upper);
}

interface NameToken extends Token {
  readonly kind: 'name' | 'word';
}

/** True for a token that can name something. */
export function isName(token: Token | undefined): token is NameToken {
  return token?.kind === 'name' || token?.kind === 'word';
}

/** Cuts tokens at commas of this level; nothing gives no parts. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  if (!tokens.length) return [];
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.upper === ',') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** Reads tokens of one level from left to right. */
export class TokenReader {
  readonly tokens: readonly Token[];
  position: number;

  constructor(tokens: readonly Token[], position = 0) {
    this.tokens = tokens;
    this.position = position;
  }

  get done(): boolean {
    return this.position >= this.tokens.length;
  }

  get current(): Token | undefined {
    return this.tokens[this.position];
  }

  get line(): number {
    return (this.current ?? this.tokens.at(-1))?.line ?? 1;
  }

  peek(offset = 1): Token | undefined {
    return this.tokens[this.position + offset];
  }

  /** Whether the next tokens are exactly these keywords. */
  at(...words: readonly string[]): boolean {
    return words.every((word, index) => isWord(this.peek(index), word));
  }

  /** Skips the keywords when they come next, in this order. */
  accept(...words: readonly string[]): boolean {
    if (!this.at(...words)) return false;
    this.position += words.length;
    return true;
  }

  /** Skips one of the keywords when it comes next, and says which. */
  acceptOneOf(...words: readonly string[]): string | undefined {
    return isWord(this.current, ...words) ? this.take().upper : undefined;
  }

  expect(...words: readonly string[]): void {
    if (!this.accept(...words)) throw this.unexpected();
  }

  take(): Token {
    const token = this.current;
    if (!token) throw this.unexpected();
    this.position++;
    return token;
  }

  /** The tokens inside the parentheses that come next. */
  group(): readonly Token[] {
    if (this.current?.kind !== 'group') throw this.unexpected();
    return this.take().children;
  }

  /** The tokens inside the parentheses that come next, if any do. */
  acceptGroup(): readonly Token[] | undefined {
    return this.current?.kind === 'group' ? this.take().children : undefined;
  }

  /** Everything before the first token that is one of these keywords. */
  until(...words: readonly string[]): Token[] {
    const start = this.position;
    while (!this.done && !isWord(this.current, ...words)) this.position++;
    return this.tokens.slice(start, this.position);
  }

  rest(): Token[] {
    const rest = this.tokens.slice(this.position);
    this.position = this.tokens.length;
    return rest;
  }

  /** One identifier. */
  identifier(): string {
    if (!isName(this.current)) throw this.unexpected();
    return this.take().text;
  }

  /** `a.b.c` as its parts; an omitted part (`a..c`) is empty. Variables and temporary names count as names. */
  name(): string[] {
    const first = this.take();
    if (!isName(first) && first.kind !== 'variable') throw syntaxError(first.text, first.line);
    const parts = [first.text];
    while (this.accept('.')) parts.push(this.at('.') ? '' : this.take().text);
    return parts;
  }

  unexpected(): Error {
    return syntaxError(this.current?.text ?? 'end of statement', this.line);
  }
}
