/** Says where a text stops being JSON: V8's own message does so only sometimes, and repeats some of the text. */

/** A place in a text; both from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

const tokenPattern =
  /[ \t\r\n]*(?:(?<string>"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*")|(?<scalar>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null)|(?<mark>[{}[\],:]))/uy;

/** What may come next. */
type Expected = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'comma' | 'end';

/** Finds the first token that cannot stand where it does; undefined if the text is JSON. Time grows with the length. */
export function findJsonError(text: string): TextPosition | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  tokenPattern.lastIndex = 0;
  for (;;) {
    const start = tokenPattern.lastIndex;
    const token = tokenPattern.exec(text)?.groups;
    const next: Expected | undefined = token === undefined ? undefined : follow(expected, token, open);
    if (next === undefined) {
      const rest = /^[ \t\r\n]*/.exec(text.slice(start))?.[0] ?? '';
      const stop = start + rest.length;
      return expected === 'end' && stop === text.length ? undefined : positionAt(text, stop);
    }
    expected = next;
  }
}

type Token = Readonly<Record<string, string | undefined>>;

/** Takes a token; undefined if it cannot stand here. `open` holds the brackets that wait for their other half. */
function follow(expected: Expected, { string, scalar, mark }: Token, open: ('{' | '[')[]): Expected | undefined {
  const afterValue = () => (open.length === 0 ? 'end' : 'comma');
  const closes = (bracket: '{' | '[') => {
    if (open.at(-1) !== bracket) return undefined;
    open.pop();
    return afterValue();
  };
  switch (expected) {
    case 'first item':
    case 'value':
      if (mark === ']' && expected === 'first item') return closes('[');
      if (mark === '{' || mark === '[') {
        open.push(mark);
        return mark === '{' ? 'first key' : 'first item';
      }
      return string === undefined && scalar === undefined ? undefined : afterValue();
    case 'first key':
    case 'key':
      if (mark === '}' && expected === 'first key') return closes('{');
      return string === undefined ? undefined : 'colon';
    case 'colon':
      return mark === ':' ? 'value' : undefined;
    case 'comma':
      if (mark === ',') return open.at(-1) === '{' ? 'key' : 'value';
      if (mark === '}') return closes('{');
      return mark === ']' ? closes('[') : undefined;
    case 'end':
      return undefined;
  }
}

function positionAt(text: string, index: number): TextPosition {
  const lines = text.slice(0, index).split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
