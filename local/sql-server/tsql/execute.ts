import type { Token } from './lexer.ts';
import type { Argument, ExecuteStatement } from './statements.ts';
import { TokenReader, isWord, splitAtCommas } from './token-reader.ts';

/** What follows EXEC: `(text)`, or `[@result =] procedure arguments`. */
export function parseExecute(tokens: readonly Token[], line: number): ExecuteStatement {
  const reader = new TokenReader(tokens);
  const text = reader.acceptGroup();
  if (text) {
    if (!reader.done) throw reader.unexpected();
    return { kind: 'execute', line, result: undefined, procedure: undefined, text, arguments: [] };
  }
  const result = reader.current?.kind === 'variable' && isWord(reader.peek(), '=') ? reader.take().text : undefined;
  if (result !== undefined) reader.take();
  const start = reader.position;
  reader.name();
  return {
    kind: 'execute',
    line,
    result: result?.toLowerCase(),
    procedure: tokens.slice(start, reader.position),
    text: [],
    arguments: splitAtCommas(reader.rest()).map(parseArgument),
  };
}

function parseArgument(tokens: readonly Token[]): Argument {
  const reader = new TokenReader(tokens);
  const named = reader.current?.kind === 'variable' && isWord(reader.peek(), '=');
  const name = named ? reader.take().text.toLowerCase() : undefined;
  if (named) reader.take();
  const output = isWord(tokens.at(-1), 'OUTPUT', 'OUT');
  const value = tokens.slice(reader.position, output ? -1 : undefined);
  if (!value.length) throw reader.unexpected();
  return { name, value, output };
}
