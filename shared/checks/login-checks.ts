/** Checks of the login at the source. */
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge, yesNo } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import { azureSqlDatabase } from './server-checks.ts';

export const loginChecks: readonly Check[] = [
  {
    id: 'AUT-02',
    title: 'The password of the login does not expire during the migration',
    target: 'source',
    severity: 'warns',
    code: 'AUT-02',
    rule: '`LOGINPROPERTY`: days until it expires, threshold `passwordWarningDays`. A login that has expired, must change its password or is disabled cannot connect.',
    why: 'Replications fail from that day on.',
    mendedBy: 'caller',
    documentation: articles.passwords,
    evaluate({ source: { login, loginDays }, thresholds: { passwordWarningDays } }) {
      const expected = `never, or in at least ${passwordWarningDays} days`;
      if (loginDays === null || loginDays < 0) return { status: 'passed', measured: 'never', expected };
      const values = { measured: `in ${loginDays} days`, expected };
      return judge(loginDays >= passwordWarningDays, values, {
        cause: `The password of the login ${login} expires soon.`,
        remedy:
          'Change it and replay the setup with the new one, or turn its expiry off until the migration has ended.',
        sql: `ALTER LOGIN ${quoteName(login)} WITH CHECK_EXPIRATION = OFF;`,
      });
    },
  },
  {
    id: 'AUT-03',
    title: 'The login has the rights that the setup needs on the source',
    target: 'source',
    severity: 'blocks',
    code: 'AUT-03',
    rule: '`HAS_PERMS_BY_NAME`: CONTROL, or each right of it that is used. Without sysadmin: nothing to do.',
    why: 'Without them, procedures cannot be created, nor changes tracked.',
    mendedBy: 'caller',
    documentation: articles.prerequisites,
    evaluate: sourceRights,
  },
  {
    id: 'AUT-04',
    title: 'The login sees all definitions and sizes',
    target: 'source',
    severity: 'warns',
    code: 'AUT-04',
    rule: '`HAS_PERMS_BY_NAME`: VIEW DEFINITION and VIEW DATABASE STATE.',
    why: 'Tables that the login does not see are left out silently; without sizes, tables count as empty and are packed badly.',
    mendedBy: 'caller',
    documentation: articles.permissions,
    evaluate({ source: { seesDefinitions, seesState, user } }) {
      const missing = [
        ...(seesDefinitions === true ? [] : ['VIEW DEFINITION']),
        ...(seesState === true ? [] : ['VIEW DATABASE STATE']),
      ];
      const values = {
        measured: missing.length === 0 ? 'both' : `without ${missing.join(', ')}`,
        expected: 'VIEW DEFINITION, VIEW DATABASE STATE',
      };
      return judge(missing.length === 0, values, {
        cause: 'Part of the database is hidden from the login.',
        remedy: 'Grant the rights. They can be taken away after the migration.',
        sql: `GRANT ${missing.join(', ')} TO ${quoteName(user)};`,
      });
    },
  },
];

function sourceRights({ source }: CheckInput): Finding {
  const { login, user, hasControl, isSysadmin, engineEdition, unmeasured } = source;
  const missing = [...source.missingRights.map(({ name }) => name), ...(source.seesChanges === true ? [] : [ofSchema])];
  const knowsSysadmin = engineEdition !== azureSqlDatabase;
  const control = hasControl === true || missing.length > 0 ? yesNo(hasControl) : 'no, but each right that is used';
  const values = {
    measured: `CONTROL ${control}${knowsSysadmin ? `, sysadmin ${yesNo(isSysadmin)}` : ''}`,
    expected: `CONTROL yes${knowsSysadmin ? ', sysadmin yes' : ''}`,
  };
  if (hasControl !== true && (missing.length > 0 || unmeasured['rights'] !== undefined)) {
    const measured = [values.measured, ...missing.map((right) => `${right} no`)].join(', ');
    const remedy =
      'Grant them, or add the user to the role db_owner, or connect as another one. They can be taken away after the migration.';
    const cause = `The login ${login} lacks rights on the database.`;
    const sql = missing.length > 0 ? grantsOf(missing, user) : `ALTER ROLE [db_owner] ADD MEMBER ${quoteName(user)};`;
    return judge(false, { ...values, measured }, { cause, remedy, sql });
  }
  if (!knowsSysadmin || isSysadmin === true) return { status: 'passed', ...values };
  const cause = `The login ${login} lacks sysadmin, which Microsoft's instructions ask for; this service uses no more than it has.`;
  return { status: 'nothingToDo', ...values, cause };
}

/** A right on schemas and tables alone. */
const ofSchema = 'VIEW CHANGE TRACKING';

function grantsOf(rights: readonly string[], user: string): string {
  const ofDatabase = rights.filter((right) => right !== ofSchema);
  return [
    ...(ofDatabase.length > 0 ? [`GRANT ${ofDatabase.join(', ')} TO ${quoteName(user)};`] : []),
    ...(rights.includes(ofSchema) ? [`GRANT ${ofSchema} ON SCHEMA::[dbo] TO ${quoteName(user)};`] : []),
  ].join('\n');
}
