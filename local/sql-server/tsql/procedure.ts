import { notSupported, syntaxError } from '../sql-error.ts';
import type { Token } from './lexer.ts';
import type { ProcedureParameter, ProcedureStatement } from './statements.ts';
import { TokenReader, isWord, splitAtCommas } from './token-reader.ts';
import { parseType } from './types.ts';

type Header = Omit<ProcedureStatement, 'kind' | 'body' | 'text'>;

/** Reads `CREATE [OR ALTER] PROCEDURE name parameters [WITH …] AS`, up to the body. */
export function parseProcedureHeader(reader: TokenReader): Header {
  const head = reader.take().upper;
  const mode = reader.accept('OR', 'ALTER') ? 'CREATE OR ALTER' : head === 'ALTER' ? 'ALTER' : 'CREATE';
  reader.take();
  const name = reader.name();
  const parameters = reader.acceptGroup() ?? parameterTokens(reader);
  if (reader.accept('WITH')) skipOptions(reader);
  reader.expect('AS');
  return { mode, name, parameters: splitAtCommas(parameters).map(parseParameter) };
}

/** Parameters without parentheses end at WITH or at the AS that does not follow a parameter's name. */
function parameterTokens(reader: TokenReader): Token[] {
  const start = reader.position;
  while (!reader.done && !reader.at('WITH')) {
    if (reader.at('AS') && reader.peek(-1)?.kind !== 'variable') break;
    reader.position++;
  }
  return reader.tokens.slice(start, reader.position);
}

function skipOptions(reader: TokenReader): void {
  const start = reader.position;
  if (!reader.accept('EXECUTE', 'AS') && !reader.accept('EXEC', 'AS')) reader.until('AS');
  else reader.take();
  const refused = reader.tokens
    .slice(start, reader.position)
    .find((token) => isWord(token, 'ENCRYPTION', 'NATIVE_COMPILATION'));
  if (refused) throw notSupported(`Procedure option ${refused.text}`, refused.line);
}

function parseParameter(tokens: readonly Token[]): ProcedureParameter {
  const reader = new TokenReader(tokens);
  const variable = reader.take();
  if (variable.kind !== 'variable') throw syntaxError(variable.text, variable.line);
  reader.accept('AS');
  const type = parseType(reader);
  const hasDefault = reader.accept('=');
  const value = reader.until('OUTPUT', 'OUT', 'READONLY');
  const option = reader.done ? undefined : reader.take().upper;
  if (option === 'READONLY') throw notSupported('A table-valued parameter', variable.line);
  return {
    name: variable.text.toLowerCase(),
    type,
    default: hasDefault ? value : undefined,
    output: option !== undefined,
  };
}
