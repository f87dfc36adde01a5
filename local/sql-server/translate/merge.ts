import { TokenReader, isName } from '../tsql/token-reader.ts';
import { expression, identifierList } from './expressions.ts';
import { relation } from './relation.ts';
import type { ChangeParts } from './output.ts';
import type { Scope } from './scope.ts';
import { setClause } from './set-clause.ts';
import { skipHints, source } from './sources.ts';

const ENDS = ['WHEN', 'OUTPUT', 'OPTION'];

/** Translates what follows MERGE. */
export function mergeStatement(reader: TokenReader, scope: Scope): ChangeParts {
  reader.accept('INTO');
  const name = reader.name();
  skipHints(reader);
  reader.accept('AS');
  const named = isName(reader.current) && !reader.at('USING') && !reader.at('WITH');
  const alias = scope.quote(named ? reader.identifier() : (name.at(-1) ?? ''));
  skipHints(reader);
  reader.expect('USING');
  const using = source(reader, scope, []);
  reader.expect('ON');
  const condition = expression(reader.until(...ENDS), scope);
  const branches: string[] = [];
  while (reader.accept('WHEN')) branches.push(branch(new TokenReader(reader.until(...ENDS)), alias, scope));
  const output = reader.accept('OUTPUT') ? reader.until('INTO', 'OPTION') : undefined;
  const into = output && reader.accept('INTO') ? reader.until('OPTION') : undefined;
  const sql = `MERGE INTO ${relation(name, scope)} AS ${alias} USING ${using} ON ${condition} ${branches.join(' ')}`;
  return { sql, output, into };
}

function branch(reader: TokenReader, alias: string, scope: Scope): string {
  const negation = reader.accept('NOT') ? 'NOT ' : '';
  reader.expect('MATCHED');
  const by = reader.accept('BY') ? ` BY ${reader.take().upper}` : '';
  const condition = reader.accept('AND') ? ` AND ${expression(reader.until('THEN'), scope)}` : '';
  reader.expect('THEN');
  return `WHEN ${negation}MATCHED${by}${condition} THEN ${action(reader, alias, scope)}`;
}

function action(reader: TokenReader, alias: string, scope: Scope): string {
  if (reader.accept('DELETE')) return 'DELETE';
  if (reader.accept('UPDATE', 'SET')) {
    const items = setClause(reader.rest(), alias, scope);
    return `UPDATE SET ${items.map(({ column, value }) => `${column} = ${value}`).join(', ')}`;
  }
  reader.expect('INSERT');
  const columns = reader.acceptGroup();
  const list = columns ? ` (${identifierList(columns, scope)})` : '';
  if (reader.accept('DEFAULT', 'VALUES')) return `INSERT${list} DEFAULT VALUES`;
  reader.expect('VALUES');
  return `INSERT${list} VALUES (${expression(reader.group(), scope)})`;
}
