import { syntaxError } from '../sql-error.ts';

type TokenKind =
  | 'word' // a bare identifier or keyword
  | 'name' // a delimited identifier
  | 'string'
  | 'number'
  | 'binary'
  | 'variable'
  | 'operator'
  | 'group' // what stands between parentheses
  | 'case'; // what stands between CASE and END

export interface Token {
  readonly kind: TokenKind;
  /** Without delimiters; a group's text is its opening. */
  readonly text: string;
  /** The text in capitals for words and operators, else empty: what keywords are compared with. */
  readonly upper: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Tokens inside a group or case. */
  readonly children: readonly Token[];
}

const TOKEN =
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<name>\[(?:[^\]]|\]\])+\]|"(?:[^"]|"")+")|(?<string>N?'(?:[^']|'')*')|(?<binary>0x[0-9a-f]*)|(?<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|(?<variable>@@?[\w$#@]+)|(?<word>[a-z_#\u0080-\uffff][\w$#@\u0080-\uffff]*|\$\w+)|(?<operator>[<>!]=|<>|![<>]|[-+*/%&|^]=|::|[-+*/%&|^=<>~.,;():])/iy;

/** A group that is still open, and where its tokens go. */
interface OpenGroup {
  readonly kind: 'batch' | 'group' | 'case';
  readonly text: string;
  readonly line: number;
  readonly start: number;
  readonly children: Token[];
}

/** Cuts a batch into tokens; parentheses and CASE … END are nested. Throws error 102. */
export function tokenize(sql: string): Token[] {
  const batch: OpenGroup = { kind: 'batch', text: '', line: 1, start: 0, children: [] };
  const open: OpenGroup[] = [batch];
  let line = 1;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < sql.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(sql);
    if (!match) throw syntaxError(sql.slice(start, start + 20), line);
    place(open, leaf(match, line, start));
    for (const character of match[0]) if (character === '\n') line++;
  }
  const last = open.at(-1);
  if (last && last !== batch) throw syntaxError(last.text, last.line);
  return batch.children;
}

/** Adds a token to the innermost group, opening or closing groups on the way. */
function place(open: OpenGroup[], token: Token | undefined): void {
  const current = open.at(-1);
  if (!token || !current) return;
  const { text, line, start } = token;
  const qualified = current.children.at(-1)?.upper === '.';
  if (token.upper === '(') open.push({ kind: 'group', text, line, start, children: [] });
  else if (token.upper === 'CASE' && !qualified) open.push({ kind: 'case', text, line, start, children: [] });
  else if (token.upper === ')' || (token.upper === 'END' && current.kind === 'case')) close(open, token);
  else current.children.push(token);
}

function close(open: OpenGroup[], token: Token): void {
  const group = open.pop();
  const parent = open.at(-1);
  const expected = token.upper === ')' ? 'group' : 'case';
  if (!group || !parent || group.kind !== expected) throw syntaxError(token.text, token.line);
  const { text, line, start, children } = group;
  parent.children.push({ kind: expected, text, upper: '', line, start, end: token.end, children });
}

function leaf(match: RegExpExecArray, line: number, start: number): Token | undefined {
  const source = match[0];
  const groups = match.groups ?? {};
  if (groups['space'] !== undefined) return undefined;
  const kind = (['name', 'string', 'binary', 'number', 'variable', 'word'] as const).find(
    (candidate) => groups[candidate] !== undefined,
  );
  const text = undelimited(source, kind);
  const upper = kind === 'word' || kind === undefined ? text.toUpperCase() : '';
  return { kind: kind ?? 'operator', text, upper, line, start, end: start + source.length, children: [] };
}

function undelimited(source: string, kind: TokenKind | undefined): string {
  if (kind === 'string') return source.replace(/^N/i, '').slice(1, -1).replaceAll("''", "'");
  if (kind !== 'name') return source;
  const inner = source.slice(1, -1);
  return source.startsWith('[') ? inner.replaceAll(']]', ']') : inner.replaceAll('""', '"');
}
