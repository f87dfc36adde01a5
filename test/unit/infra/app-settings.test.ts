import { expect, test } from 'vitest';
import { z } from 'zod';
import { readSettings, readTelemetrySettings, settingsSchema } from '../../../shared/config.ts';
import { bicepFiles, infraJson, infraText } from '../../support/infra/infra-files.ts';

const settings = z.record(z.string(), z.string()).parse(infraJson('app-settings.json'));
const own = Object.keys(settings).filter((name) => name.startsWith('MIGRATION_'));

const PLACEHOLDER = /<(\w+)>/g;

/** What a deployment puts in place of each `<…>`. */
const values: Readonly<Record<string, string>> = {
  apiClientId: '11111111-1111-4111-8111-111111111111',
  applicationInsights: 'InstrumentationKey=22222222-2222-4222-8222-222222222222',
  eventTopic: 'setup-events',
  factories: JSON.stringify([
    {
      subscriptionId: '33333333-3333-4333-8333-333333333333',
      resourceGroup: 'rg-dev',
      name: 'adf-abcdefghijklm-westeurope-1',
      region: 'westeurope',
    },
  ]),
  hostName: 'func-dev-abcdefghijklm.azurewebsites.net',
  hostStorageName: 'sthostabcdefghijklm',
  identityClientId: '44444444-4444-4444-8444-444444444444',
  metricsEndpoint: 'https://{region}.metrics.monitor.azure.com',
  keyVaultUrl: 'https://kv-abcdefghijklm.vault.azure.net',
  loginUrl: 'https://login.microsoftonline.com',
  notificationResource: 'api://11111111-1111-4111-8111-111111111111',
  providerTenant: '55555555-5555-4555-8555-555555555555',
  regionalStagingBlobEndpoints: JSON.stringify({ northeurope: 'https://ststagingzyxwvutsrqpon.blob.core.windows.net' }),
  resourceManagerUrl: 'https://management.azure.com',
  serviceBusNamespace: 'sb-dev-abcdefghijklm.servicebus.windows.net',
  stagingBlobEndpoint: 'https://ststagingabcdefghijklm.blob.core.windows.net',
  stateTableEndpoint: 'https://ststateabcdefghijklm.table.core.windows.net',
};

const filled = Object.fromEntries(
  Object.entries(settings).map(([name, text]) => [
    name,
    text.replaceAll(PLACEHOLDER, (whole, value: string) => values[value] ?? whole),
  ]),
);

test('a deployment sets every setting of the app, and no other', () => {
  expect(own.toSorted()).toEqual(Object.keys(settingsSchema.shape).toSorted());
});

test('the app takes what a deployment sets', () => {
  expect(readSettings(filled)).toMatchObject({
    MIGRATION_PUBLIC_URL: 'https://func-dev-abcdefghijklm.azurewebsites.net/api',
    MIGRATION_TOKEN_ISSUER: 'https://login.microsoftonline.com/{tenantId}/v2.0',
    MIGRATION_FACTORIES: [{ name: 'adf-abcdefghijklm-westeurope-1', region: 'westeurope' }],
  });
});

test('telemetry goes to the Application Insights of the deployment', () => {
  expect(readTelemetrySettings(filled)).toMatchObject({ connectionString: values['applicationInsights'] });
});

test('a deployment sets the defaults where nothing of its own is to be said', () => {
  const required = Object.fromEntries(
    own
      .filter(
        (name) =>
          /<\w+>/.test(settings[name] ?? '') || !settingsSchema.safeParse({ ...filled, [name]: undefined }).success,
      )
      .map((name) => [name, filled[name]]),
  );
  expect(readSettings(filled)).toEqual(readSettings(required));
});

test('what stands in place of each <…> is given by the template, under the same name', () => {
  const used = new Set(
    Object.values(settings).flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name)),
  );
  const declared =
    /param values \{(?<body>[^}]+)\}/.exec(infraText('modules/app-settings.bicep'))?.groups?.['body'] ?? '';
  const names = [...declared.matchAll(/^ {2}(\w+): string$/gm)].map(([, name = '']) => name);
  expect(names.toSorted()).toEqual([...used].toSorted());
  expect(names.toSorted()).toEqual(Object.keys(values).toSorted());
});

// https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
// and https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
test('the host signs in with the identity of the app, and is told nothing that its plan refuses', () => {
  expect(
    Object.keys(settings)
      .filter((name) => !own.includes(name))
      .toSorted(),
  ).toEqual([
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'APPLICATION_INSIGHTS_NO_STATSBEAT',
    'AZURE_CLIENT_ID',
    'AZURE_TOKEN_CREDENTIALS',
    'AzureWebJobsStorage__accountName',
    'AzureWebJobsStorage__clientId',
    'AzureWebJobsStorage__credential',
  ]);
});

test('no template names a setting that the app does not have', () => {
  const known = new Set<string | undefined>(Object.keys(settingsSchema.shape));
  for (const [file, text] of bicepFiles()) {
    const named = [...text.matchAll(/MIGRATION_\w+/g)].map(([name]) => name);
    expect(
      named.filter((name) => !known.has(name) && !ofAzd.has(name)),
      file,
    ).toEqual([]);
  }
});

/** What azd keeps for an environment: parameters of a deployment, and what it gave. */
const ofAzd = new Set([
  'MIGRATION_API_CLIENT_ID',
  'MIGRATION_API_URL',
  'MIGRATION_APP_IDENTITY',
  'MIGRATION_BUDGET_START',
  'MIGRATION_DURABLE_BACKEND',
  'MIGRATION_FACTORY_GROUPS',
  'MIGRATION_FACTORY_PRINCIPALS',
  'MIGRATION_OPERATOR_EMAIL',
  'MIGRATION_SETTINGS',
  'MIGRATION_STAGE',
]);
