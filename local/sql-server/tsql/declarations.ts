import { syntaxError } from '../sql-error.ts';
import type { Token } from './lexer.ts';
import type { Statement, VariableDeclaration } from './statements.ts';
import { TokenReader, isName, splitAtCommas } from './token-reader.ts';
import { type DeclaredType, parseType } from './types.ts';

const NO_TYPE: DeclaredType = { name: 'nvarchar', length: Infinity };
/** What a local forward-only cursor may say about itself. */
const CURSOR_OPTIONS = ['LOCAL', 'FORWARD_ONLY', 'FAST_FORWARD', 'READ_ONLY', 'STATIC'];

/** What follows DECLARE: variables, table variables, or one cursor. */
export function parseDeclaration(tokens: readonly Token[]): Statement {
  const reader = new TokenReader(tokens);
  if (isName(reader.current)) return { kind: 'declare', variables: [cursorDeclaration(reader)] };
  return {
    kind: 'declare',
    variables: splitAtCommas(tokens).map((part) => variableDeclaration(new TokenReader(part))),
  };
}

function cursorDeclaration(reader: TokenReader): VariableDeclaration {
  const name = reader.identifier().toLowerCase();
  reader.expect('CURSOR');
  let kind: 'cursor' | 'static cursor' = 'cursor';
  for (;;) {
    const option = reader.acceptOneOf(...CURSOR_OPTIONS);
    if (option === undefined) break;
    if (option === 'STATIC') kind = 'static cursor';
  }
  reader.expect('FOR');
  return { kind, name, type: NO_TYPE, tokens: reader.rest() };
}

function variableDeclaration(reader: TokenReader): VariableDeclaration {
  const variable = reader.take();
  if (variable.kind !== 'variable') throw syntaxError(variable.text, variable.line);
  const name = variable.text.toLowerCase();
  reader.accept('AS');
  if (reader.accept('TABLE')) return { kind: 'table', name, type: NO_TYPE, tokens: [...reader.group()] };
  const type = parseType(reader);
  if (!reader.done) reader.expect('=');
  return { kind: 'scalar', name, type, tokens: reader.rest() };
}
