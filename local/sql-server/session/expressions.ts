import type { SqlType } from '../tds/types.ts';
import type { SqlValue } from '../tds/values.ts';
import { expression } from '../translate/expressions.ts';
import { cast } from '../translate/types.ts';
import type { Token } from '../tsql/lexer.ts';
import type { SessionState } from './state.ts';
import { translation } from './translation.ts';
import { fromPostgres } from './values.ts';

/** The value of an expression, converted to a type when one is given. */
export async function evaluate(state: SessionState, tokens: readonly Token[], type?: SqlType): Promise<SqlValue> {
  const [only] = tokens;
  const isText = !type || type.name.endsWith('char');
  if (only && tokens.length === 1) {
    if (only.kind === 'string' && isText) return only.text;
    if (only.upper === 'NULL') return null;
  }
  const { scope, values } = translation(state);
  const text = expression(tokens, scope);
  const result = await state.query(`SELECT ${type ? cast(text, type, false) : text}`, values, only?.line);
  const [field] = result.fields;
  return field ? fromPostgres(field.dataTypeID, result.rows[0]?.[0] ?? null) : null;
}

/** Whether a condition holds; unknown is false. */
export async function holds(state: SessionState, tokens: readonly Token[]): Promise<boolean> {
  const { scope, values } = translation(state, true);
  const result = await state.query(`SELECT (${expression(tokens, scope)})`, values, tokens[0]?.line);
  return result.rows[0]?.[0] === 't';
}
