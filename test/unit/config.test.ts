import { describe, expect, test } from 'vitest';
import {
  checkThresholds,
  readSettings,
  readTelemetrySettings,
  settingsSchema,
  SettingsError,
} from '../../shared/config.ts';

const required = {
  MIGRATION_PUBLIC_URL: 'https://migration.example.com/api',
  MIGRATION_STATE_TABLE_ENDPOINT: 'https://state.example.com',
  MIGRATION_SERVICE_BUS_NAMESPACE: 'bus.example.com',
  MIGRATION_EVENT_TOPIC: 'setup-events',
  MIGRATION_EVENT_SOURCE: 'https://migration.example.com',
  MIGRATION_KEY_VAULT_URL: 'https://vault.example.com',
  MIGRATION_FACTORIES: JSON.stringify([
    { subscriptionId: '00000000-0000-4000-8000-000000000001', resourceGroup: 'migration', name: 'factory-1' },
  ]),
  MIGRATION_STAGING_BLOB_ENDPOINT: 'https://staging.example.com',
  MIGRATION_TOKEN_ISSUER: 'https://login.example.com/{tenantId}/v2.0',
  MIGRATION_TOKEN_AUDIENCE: 'api://migration',
  MIGRATION_TOKEN_KEYS_URL: 'https://login.example.com/keys',
  MIGRATION_PROVIDER_TENANT: '11111111-1111-4111-8111-11111111111a',
};

function problemOf(environment: Readonly<Record<string, string | undefined>>): string {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('The settings were taken');
}

describe('settings that are in order', () => {
  test('are read, and what is left out has its default', () => {
    expect(readSettings(required)).toEqual({
      ...required,
      MIGRATION_FACTORIES: JSON.parse(required.MIGRATION_FACTORIES) as unknown,
      MIGRATION_AZURE_SQL_DOMAINS: ['database.windows.net', 'database.usgovcloudapi.net', 'database.chinacloudapi.cn'],
      MIGRATION_REGIONAL_STAGING_BLOB_ENDPOINTS: {},
      MIGRATION_ALLOWED_TENANTS: [],
      MIGRATION_ALLOWED_CLIENTS: [],
      MIGRATION_KEY_VAULT_VERIFY_CHALLENGE: true,
      MIGRATION_METRICS_ENDPOINT: '',
      MIGRATION_NOTIFICATION_RESOURCE: '',
      MIGRATION_RESOURCE_MANAGER_URL: 'https://management.azure.com',
      MIGRATION_RUNTIME_WAIT_HOURS: 24,
      MIGRATION_SWEEP: 'report',
      MIGRATION_HISTORY_RETENTION_DAYS: 30,
      MIGRATION_MINIMUM_SOURCE_MAJOR: 25,
      MIGRATION_COMPANY_COUNT_WARNING: 300,
      MIGRATION_COMPANY_SIZE_WARNING_GB: 50,
    });
  });

  test('are numbers and flags where they say so', () => {
    const settings = readSettings({
      ...required,
      MIGRATION_KEY_VAULT_VERIFY_CHALLENGE: 'false',
      MIGRATION_RUNTIME_WAIT_HOURS: '0.5',
    });
    expect(settings.MIGRATION_KEY_VAULT_VERIFY_CHALLENGE).toBe(false);
    expect(settings.MIGRATION_RUNTIME_WAIT_HOURS).toBe(0.5);
  });

  test('are ids that are compared in lower case, and an address without a last slash', () => {
    const id = '11111111-1111-4111-8111-11111111111A';
    const settings = readSettings({
      ...required,
      MIGRATION_PROVIDER_TENANT: id,
      MIGRATION_ALLOWED_CLIENTS: JSON.stringify([id]),
      MIGRATION_PUBLIC_URL: 'http://localhost:7071/api/',
    });
    expect(settings).toMatchObject({
      MIGRATION_PROVIDER_TENANT: id.toLowerCase(),
      MIGRATION_ALLOWED_CLIENTS: [id.toLowerCase()],
      MIGRATION_PUBLIC_URL: 'http://localhost:7071/api',
    });
  });

  test('stand beside variables of other programs', () => {
    const others = { PATH: '/bin', FUNCTIONS_WORKER_RUNTIME: 'node', migration_event_topic: 'not ours' };
    expect(readSettings({ ...required, ...others })).toEqual(readSettings(required));
  });

  test('reach the checks as thresholds', () => {
    const settings = readSettings({ ...required, MIGRATION_MINIMUM_SOURCE_MAJOR: '26' });
    expect(checkThresholds(settings)).toMatchObject({ minimumSourceMajor: 26, companyCountWarning: 300 });
  });
});

test('every setting that is missing is named, all at once', () => {
  const problem = problemOf({});
  for (const name of Object.keys(required)) expect(problem).toContain(`${name} is missing`);
  expect(problem).not.toContain('MIGRATION_RUNTIME_WAIT_HOURS');
});

test.each([
  ['MIGRATION_STATE_TABLE_ENDPOINT', 'http://state.example.com', 'must be an https URL'],
  ['MIGRATION_SERVICE_BUS_NAMESPACE', 'sb://bus.example.com/', 'must be a host name'],
  ['MIGRATION_FACTORIES', 'factory-1', 'is not JSON'],
  ['MIGRATION_FACTORIES', '[]', 'must name at least one factory'],
  ['MIGRATION_PUBLIC_URL', 'ftp://migration.example.com', 'must be an http or https URL'],
  ['MIGRATION_PROVIDER_TENANT', 'contoso.example.com', 'GUID'],
  ['MIGRATION_ALLOWED_CLIENTS', '["provisioning"]', 'GUID'],
  ['MIGRATION_TOKEN_ISSUER', 'https://login.example.com/v2.0', 'must contain {tenantId}'],
  ['MIGRATION_KEY_VAULT_VERIFY_CHALLENGE', 'yes', 'expected one of'],
  ['MIGRATION_RUNTIME_WAIT_HOURS', 'soon', 'expected number'],
  ['MIGRATION_RUNTIME_WAIT_HOURS', '0', '>0'],
  ['MIGRATION_RUNTIME_WAIT_HOURS', '1000', '<=120'],
])('%s=%s is refused, and the reason is given', (name, value, reason) => {
  const problem = problemOf({ ...required, [name]: value });
  expect(problem).toContain(name);
  expect(problem).toContain(reason);
});

test('what is wrong inside a list is named by its place', () => {
  const [factory] = JSON.parse(required.MIGRATION_FACTORIES) as object[];
  const factories = JSON.stringify([factory, { ...factory, name: 'a' }]);
  expect(problemOf({ ...required, MIGRATION_FACTORIES: factories })).toContain('MIGRATION_FACTORIES (1.name)');
});

test('a misspelt setting is named, together with those that are known', () => {
  const problem = problemOf({ ...required, MIGRATION_FACTORYS: '[]' });
  expect(problem).toContain('MIGRATION_FACTORYS is not a setting of this app');
  expect(problem).toContain('MIGRATION_FACTORIES');
});

test('no value is ever shown', () => {
  const value = 'S3cret!';
  for (const name of Object.keys(settingsSchema.shape)) {
    const environment = { ...required, MIGRATION_STRAY: value, [name]: value };
    expect(problemOf(environment)).not.toContain(value);
  }
  const inLists = {
    MIGRATION_FACTORIES: JSON.stringify([value]),
    MIGRATION_ALLOWED_TENANTS: JSON.stringify([value]),
  };
  expect(problemOf({ ...required, ...inLists })).not.toContain(value);
});

describe('telemetry', () => {
  const connectionString =
    'InstrumentationKey=22222222-2222-4222-8222-222222222222;IngestionEndpoint=https://example.com/';

  test('goes nowhere without a connection string', () => {
    expect(readTelemetrySettings({})).toBeUndefined();
    expect(readTelemetrySettings({ APPLICATIONINSIGHTS_CONNECTION_STRING: '' })).toBeUndefined();
  });

  test('has the name of the function app and of its instance', () => {
    const environment = { APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString };
    const named = { ...environment, WEBSITE_SITE_NAME: 'func-dev', WEBSITE_INSTANCE_ID: 'one' };
    expect(readTelemetrySettings(named)).toEqual({ connectionString, service: 'func-dev', instance: 'one' });
    expect(readTelemetrySettings(environment)).toMatchObject({ service: 'cloud-migration-setup' });
  });

  test('is refused with a text that does not show what is there', () => {
    const wrong = () => readTelemetrySettings({ APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=canary' });
    expect(wrong).toThrow(SettingsError);
    expect(wrong).toThrow(/^(?!.*canary).*APPLICATIONINSIGHTS_CONNECTION_STRING/);
  });
});
