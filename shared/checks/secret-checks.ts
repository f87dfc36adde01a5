/** Checks of what the service keeps of a setup. */
import { articles } from './articles.ts';
import { judge } from './check.ts';
import type { Check } from './check.ts';

export const secretChecks: readonly Check[] = [
  {
    id: 'SEC-02',
    title: "The source's password is kept, and stays valid",
    target: 'service',
    severity: 'warns',
    code: 'SEC-02',
    rule: 'Properties of the secret in Key Vault: there, enabled, not expiring within `secretWarningDays`.',
    why: 'A replay needs the password again.',
    mendedBy: 'operator',
    documentation: articles.secrets,
    evaluate({ secret, thresholds: { secretWarningDays } }) {
      const expected = `enabled, expires in no less than ${secretWarningDays} days`;
      const failure = {
        cause: 'Somebody, or a policy of the vault, has changed the secret.',
        remedy:
          'Enable the secret and take its expiry away. If it is gone, replay the setup with the password, which makes another one.',
      };
      if (secret === undefined) return judge(false, { measured: 'not there', expected }, failure);
      const { isEnabled, daysLeft } = secret;
      const expiry = daysLeft === null ? 'does not expire' : `expires in ${Math.floor(daysLeft)} days`;
      const values = { measured: `${isEnabled ? 'enabled' : 'disabled'}, ${expiry}`, expected };
      return judge(isEnabled && (daysLeft === null || daysLeft >= secretWarningDays), values, failure);
    },
  },
];
