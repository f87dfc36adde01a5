import { expect, test } from 'vitest';
import { bicepFiles } from '../../support/infra/infra-files.ts';

const files = [...bicepFiles()];

/** Each kind of resource that could be opened with a key or by anybody, and what closes it. */
test.each([
  ['Microsoft.Storage/storageAccounts@', ['allowSharedKeyAccess: false', 'allowBlobPublicAccess: false']],
  ['Microsoft.ServiceBus/namespaces@', ['disableLocalAuth: true']],
  ['Microsoft.KeyVault/vaults@', ['enableRbacAuthorization: true']],
  ['Microsoft.Insights/components@', ['DisableLocalAuth: true']],
  ['Microsoft.OperationalInsights/workspaces@', ['disableLocalAuth: true']],
])('a resource of %s takes identities alone', (type, closed) => {
  const made = files.filter(([, text]) => new RegExp(`'${type}[^']*' = `).test(text));
  for (const [file, text] of made) for (const line of closed) expect(text, file).toContain(line);
  expect(made).toHaveLength(1);
});

test('the app is published without a user and a password', () => {
  const [, app = ''] = files.find(([name]) => name.endsWith('function-app.bicep')) ?? [];
  const policies = [
    ...app.matchAll(/'basicPublishingCredentialsPolicies' = \{\s+name: '(\w+)'\s+properties: \{ allow: (\w+) \}/g),
  ];
  expect(policies.map(([, channel, allow]) => [channel, allow])).toEqual([
    ['ftp', 'false'],
    ['scm', 'false'],
  ]);
});

test('no template reads a key, and none gives out a secret', () => {
  for (const [file, text] of files) {
    expect(text, file).not.toMatch(
      /\blist(?:Keys|AccountSas|ServiceSas|Secrets|Credentials)\b|\.list\w*\(|AccountKey|SharedAccessKey|authKey|@secure/i,
    );
  }
});
