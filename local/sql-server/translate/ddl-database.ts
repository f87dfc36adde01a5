import { notSupported } from '../sql-error.ts';
import type { Token } from '../tsql/lexer.ts';
import { TokenReader, isWord, splitAtCommas } from '../tsql/token-reader.ts';
import type { Scope } from './scope.ts';
import { literal } from './names.ts';

/** Options without a value, as changes of `tsql.databases`. */
const SIMPLE: Readonly<Record<string, string>> = {
  READ_ONLY: 'is_read_only = true',
  READ_WRITE: 'is_read_only = false',
  MULTI_USER: "user_access = 'MULTI_USER'",
  SINGLE_USER: "user_access = 'SINGLE_USER'",
  RESTRICTED_USER: "user_access = 'RESTRICTED_USER'",
};

/** ALTER DATABASE from the database's name on. The options are kept and shown; READ_ONLY and the like are not enforced. */
export function alterDatabase(reader: TokenReader, scope: Scope): string[] {
  const key = reader.accept('CURRENT') ? scope.session.key : scope.session.databaseKey(reader.identifier());
  reader.expect('SET');
  const tokens = reader.until('WITH');
  const update = (changes: string) => `UPDATE tsql.databases SET ${changes} WHERE key = ${key}`;
  return splitAtCommas(tokens).flatMap((part) => {
    const option = new TokenReader(part);
    if (!option.accept('CHANGE_TRACKING')) return [update(change(option))];
    const { wanted, settings } = changeTracking(option);
    const state = wanted === undefined ? [] : [`change_tracking = ${wanted}`];
    return [
      `SELECT tsql.require_change_tracking(${wanted ?? 'NULL'})`,
      ...[...state, ...settings].map((changes) => update(changes)),
    ];
  });
}

function change(reader: TokenReader): string {
  const option = reader.take();
  const simple = SIMPLE[option.upper];
  if (simple !== undefined) return simple;
  switch (option.upper) {
    case 'COMPATIBILITY_LEVEL':
      reader.expect('=');
      return `compatibility_level = ${Number(reader.take().text)}`;
    case 'RECOVERY':
      return `recovery_model = ${literal(reader.take().upper)}`;
    case 'AUTO_UPDATE_STATISTICS':
      return `is_auto_update_stats_on = ${reader.take().upper === 'ON'}`;
    case 'READ_COMMITTED_SNAPSHOT':
      return `is_read_committed_snapshot_on = ${reader.take().upper === 'ON'}`;
    case 'DELAYED_DURABILITY':
      reader.expect('=');
      return `delayed_durability = ${literal(reader.take().upper)}`;
    case 'ACCELERATED_DATABASE_RECOVERY':
      reader.expect('=');
      return `accelerated_recovery = ${reader.take().upper === 'ON'}`;
  }
  throw notSupported(`ALTER DATABASE … SET ${option.text}`, option.line);
}

/** `= ON [(CHANGE_RETENTION = 3 DAYS, AUTO_CLEANUP = ON)]`, `= OFF`, or only new settings. */
function changeTracking(reader: TokenReader): { wanted: boolean | undefined; settings: string[] } {
  const wanted = reader.accept('=') ? reader.take().upper === 'ON' : undefined;
  return { wanted, settings: splitAtCommas(reader.acceptGroup() ?? []).flatMap(trackingSetting) };
}

function trackingSetting(tokens: readonly Token[]): string[] {
  const [name, , value, unit] = tokens;
  if (isWord(name, 'AUTO_CLEANUP')) return [`auto_cleanup = ${isWord(value, 'ON')}`];
  if (!isWord(name, 'CHANGE_RETENTION')) throw notSupported(`CHANGE_TRACKING (${name?.text ?? ''})`, name?.line);
  return [`retention_period = ${Number(value?.text)}`, `retention_unit = ${literal(unit?.upper ?? 'DAYS')}`];
}
