import { notSupported } from '../sql-error.ts';
import { schemaOf } from './names.ts';
import type { Scope } from './scope.ts';

const isTemporary = (name: string) => name.startsWith('#') || name.startsWith('@');

/** PostgreSQL's name of a table, view or temporary table given as its parts. */
export function relation(parts: readonly string[], scope: Scope): string {
  const name = parts.at(-1) ?? '';
  if (isTemporary(name)) return scope.session.temporary(name);
  if (parts.length === 1 && scope.tableExpressions.has(name.toLowerCase())) return scope.quote(name);
  const schema = parts.at(-2) ?? 'dbo';
  const database = parts.at(-3);
  if (parts.length > 3) throw notSupported(`The linked server name ${parts.join('.')}`);
  const catalog = catalogSchema(schema);
  if (catalog === undefined) {
    const key = database ? scope.session.databaseKey(database) : scope.session.key;
    return `${scope.quote(schemaOf(key, schema))}.${scope.quote(name)}`;
  }
  if (database && scope.session.databaseKey(database) !== scope.session.key) {
    throw notSupported(`The catalog of another database (${parts.join('.')})`);
  }
  return `${catalog}.${scope.quote(catalog === 'sys' ? name.toLowerCase() : name.toUpperCase())}`;
}

/** PostgreSQL's function for the changes of a table, which is there while the table is tracked. */
export const changesFunction = (table: string, scope: Scope): string => `tracked.${scope.quote(table)}`;

/** PostgreSQL's schema for the views SQL Server has in `sys` and INFORMATION_SCHEMA. */
function catalogSchema(schema: string): string | undefined {
  if (/^sys$/i.test(schema)) return 'sys';
  return /^information_schema$/i.test(schema) ? 'information_schema_tsql' : undefined;
}
