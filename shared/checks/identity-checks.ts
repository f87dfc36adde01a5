/** Checks of who works in the environment's database: the factory, and the app itself. */
import { quoteName } from '../sql/quote-name.ts';
import { articles } from './articles.ts';
import { judge, yesNo } from './check.ts';
import type { Check } from './check.ts';

export const identityChecks: readonly Check[] = [
  {
    id: 'AUT-06',
    title: "The factory's identity controls the environment's database",
    target: 'destination',
    severity: 'blocks',
    code: 'AUT-06',
    rule: '`HAS_PERMS_BY_NAME`: CONTROL.',
    why: 'Without it, tables and procedures cannot be created.',
    mendedBy: 'operator',
    documentation: articles.databaseRoles,
    evaluate({ factoryAccess: { user, hasControl } }) {
      const values = { measured: `${user}: CONTROL ${yesNo(hasControl)}`, expected: 'CONTROL yes' };
      return judge(hasControl === true, values, {
        cause: 'Without the right, tables and procedures cannot be created.',
        remedy: "Add the data factory's managed identity to the role db_owner, as an administrator of the server.",
        sql: ownerOf(user),
      });
    },
  },
  {
    id: 'AUT-07',
    title: "The app's own identity controls the environment's database",
    target: 'destination',
    severity: 'blocks',
    code: 'AUT-07',
    rule: 'The app connects by itself; `HAS_PERMS_BY_NAME`: CONTROL.',
    why: 'The app writes the plan and the mark itself: without the right, a setup fails after both databases were changed.',
    mendedBy: 'operator',
    documentation: articles.databaseRoles,
    evaluate({ ownAccess }) {
      const expected = 'CONTROL yes';
      if ('refused' in ownAccess) {
        const values = { measured: `refused: ${ownAccess.refused}`, expected };
        return judge(false, values, {
          cause: "The environment's database does not let the app in.",
          remedy:
            "Create a user for the app's managed identity in the database, from its external provider, and add it to the role db_owner.",
        });
      }
      const { user, hasControl } = ownAccess;
      const values = { measured: `${user}: CONTROL ${yesNo(hasControl)}`, expected };
      return judge(hasControl === true, values, {
        cause: 'The app could not write the plan.',
        remedy: "Add the app's managed identity to the role db_owner, as an administrator of the server.",
        sql: ownerOf(user),
      });
    },
  },
];

function ownerOf(user: string): string {
  return `ALTER ROLE [db_owner] ADD MEMBER ${quoteName(user)};`;
}
