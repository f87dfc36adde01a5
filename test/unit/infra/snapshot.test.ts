import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import hostJson from '../../../host.json' with { type: 'json' };
import { settingsSchema } from '../../../shared/config.ts';
import { infraJson } from '../../support/infra/infra-files.ts';
import { assignmentOf, ofType, snapshot, theOne } from '../../support/infra/snapshot.ts';

const hostSchema = z.object({ extensions: z.object({ durableTask: z.object({ hubName: z.string() }) }) });
const trial = snapshot('public');
const closed = snapshot('private');
const scheduled = snapshot('scheduler');
const all = [
  ['public', trial],
  ['private', closed],
  ['public with a Durable Task Scheduler', scheduled],
] as const;

const settingsOf = (resources: typeof trial) => theOne(resources, 'Microsoft.Web/sites/config').properties;
/** What a value of the settings is; the expression that fills them in names it. */
const valueOf = (resources: typeof trial, name: string) =>
  new RegExp(`'${name}', 'value', '([^']*)'`).exec(String(settingsOf(resources)['MIGRATION_EVENT_TOPIC']))?.[1];

describe.each(all)('a deployment that is %s', (_name, resources) => {
  test('replaces instances one after another, and lets them end what they have in hand', () => {
    const { functionAppConfig } = theOne(resources, 'Microsoft.Web/sites').properties;
    expect(functionAppConfig).toMatchObject({ siteUpdateStrategy: { type: 'RollingUpdate' } });
  });

  test('sets every setting of the app, and no other of its own', () => {
    const own = Object.keys(settingsOf(resources)).filter((name) => name.startsWith('MIGRATION_'));
    expect(own.toSorted()).toEqual(Object.keys(settingsSchema.shape).toSorted());
  });

  test('has the topic, its subscriptions, and nothing but their filters', () => {
    const { Name, Properties, Subscriptions } = topicSchema.parse(infraJson('topic.json'));
    const topic = theOne(resources, 'Microsoft.ServiceBus/namespaces/topics');
    expect(topic.name.split('/').at(-1)).toBe(Name);
    expect(topic.properties).toMatchObject(inArm(Properties));
    const subscriptions = ofType(resources, 'Microsoft.ServiceBus/namespaces/topics/subscriptions');
    expect(subscriptions.map(({ name, properties }) => [name.split('/').at(-1), properties])).toEqual(
      Subscriptions.map((subscription) => [subscription.Name, inArm(subscription.Properties)]),
    );
    const rules = ofType(resources, 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules');
    expect(rules.map(({ name, properties }) => [...name.split('/').slice(2), properties['correlationFilter']])).toEqual(
      Subscriptions.flatMap((subscription) =>
        subscription.Rules.map((rule, index) => [
          subscription.Name,
          index === 0 ? '$Default' : rule.Name,
          inArm(rule.Properties.CorrelationFilter),
        ]),
      ),
    );
  });

  test('gives the app the roles of roles.json, each on one resource or subscription, and its own in each factory', () => {
    const sections = rolesSchema.parse(infraJson('roles.json'));
    const staging = ofType(resources, 'Microsoft.Storage/storageAccounts').filter(({ name }) =>
      name.startsWith('ststaging'),
    );
    const subscriptions = ofType(resources, 'Microsoft.DataFactory/factories').map(({ id }) => id.split('/')[2]);
    const counts = new Map([
      ['stagingStorage', staging.length],
      ['durableTaskScheduler', ofType(resources, 'Microsoft.DurableTask/schedulers').length],
      ['factorySubscription', new Set(subscriptions).size],
    ]);
    const expected = Object.entries(sections).flatMap(([section, { roles }]) =>
      roles.flatMap(({ id }) => Array<string>(counts.get(section) ?? 1).fill(`${section} ${id}`)),
    );
    const role = theOne(resources, 'Microsoft.Authorization/roleDefinitions').name;
    const factories = ofType(resources, 'Microsoft.DataFactory/factories').map(() => `factory ${role}`);
    const given = ofType(resources, 'Microsoft.Authorization/roleAssignments').map(assignmentOf);
    expect(new Set(given.map(([scope, id]) => `${scope} ${id}`)).size).toBe(given.length);
    expect(given.map(([scope, id]) => `${sectionOf(scope)} ${id}`).toSorted()).toEqual(
      [...expected, ...factories].toSorted(),
    );
  });

  test('lets nobody sign in with a key', () => {
    const accounts = ofType(resources, 'Microsoft.Storage/storageAccounts');
    expect(accounts.length).toBeGreaterThanOrEqual(3);
    for (const { properties } of accounts)
      expect(properties).toMatchObject({ allowSharedKeyAccess: false, allowBlobPublicAccess: false });
    expect(theOne(resources, 'Microsoft.ServiceBus/namespaces').properties).toMatchObject({ disableLocalAuth: true });
    expect(theOne(resources, 'Microsoft.KeyVault/vaults').properties).toMatchObject({ enableRbacAuthorization: true });
    expect(theOne(resources, 'Microsoft.Insights/components').properties).toMatchObject({ DisableLocalAuth: true });
    const publishing = ofType(resources, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect(publishing.map(({ properties }) => properties)).toEqual([{ allow: false }, { allow: false }]);
  });
});

test('a trial can be removed whole, a production keeps what was deleted', () => {
  const protection = (resources: typeof trial) =>
    theOne(resources, 'Microsoft.KeyVault/vaults').properties['enablePurgeProtection'];
  expect([protection(trial), protection(closed)]).toEqual([null, true]);
});

test('in a private network only staging and factories are reached from outside, and all else from inside', () => {
  const open = closed.filter(({ properties }) => properties['publicNetworkAccess'] === 'Enabled');
  expect(open.map(({ type, name }) => `${type} ${name.slice(0, 9)}`)).toEqual([
    'Microsoft.DataFactory/factories adf-ygzmf',
    'Microsoft.DataFactory/factories adf-ygzmf',
    'Microsoft.DataFactory/factories adf-c3rp2',
    'Microsoft.Storage/storageAccounts ststaging',
    'Microsoft.Storage/storageAccounts ststaging',
  ]);
  const shut = closed.filter(({ properties }) => properties['publicNetworkAccess'] === 'Disabled');
  const connections = z.array(z.object({ properties: z.object({ privateLinkServiceId: z.string() }) }));
  const reached = ofType(closed, 'Microsoft.Network/privateEndpoints').flatMap(({ properties }) =>
    connections.parse(properties['privateLinkServiceConnections']).map((one) => one.properties.privateLinkServiceId),
  );
  expect(new Set(reached)).toEqual(new Set(shut.map(({ id }) => id)));
  expect(theOne(closed, 'Microsoft.ServiceBus/namespaces').sku).toMatchObject({ name: 'Premium' });
});

test('pipelines call an app that they can reach', () => {
  expect(valueOf(trial, 'notificationResource')).toMatch(/^api:\/\//);
  expect(valueOf(closed, 'notificationResource')).toBe('');
});

test('factories of several regions take the setups of their own, those of one take all', () => {
  const factoriesOf = (resources: typeof trial) =>
    settingsSchema.shape.MIGRATION_FACTORIES.parse(valueOf(resources, 'factories'));
  expect(factoriesOf(trial).map(({ region }) => region)).toEqual([undefined]);
  expect(factoriesOf(closed).map(({ subscriptionId, region }) => [subscriptionId[0], region])).toEqual([
    ['3', 'westeurope'],
    ['3', 'westeurope'],
    ['4', 'northeurope'],
  ]);
  const made = ofType(closed, 'Microsoft.DataFactory/factories').map(({ name }) => name);
  expect(factoriesOf(closed).map(({ name }) => name)).toEqual(made);
});

test('metrics are asked for in the region of each factory, or in the only one', () => {
  expect(valueOf(trial, 'metricsEndpoint')).toBe('https://westeurope.metrics.monitor.azure.com');
  expect(valueOf(closed, 'metricsEndpoint')).toBe('https://{region}.metrics.monitor.azure.com');
});

test('copies are staged in the region of their factory', () => {
  const accountsOf = (resources: typeof trial) =>
    ofType(resources, 'Microsoft.Storage/storageAccounts').filter(({ name }) => name.startsWith('ststaging'));
  expect(accountsOf(trial).map(({ location }) => location)).toEqual(['westeurope']);
  expect(accountsOf(closed).map(({ location }) => location)).toEqual(['westeurope', 'northeurope']);
  const regional = settingsSchema.shape.MIGRATION_REGIONAL_STAGING_BLOB_ENDPOINTS;
  expect(regional.parse(valueOf(trial, 'regionalStagingBlobEndpoints'))).toEqual({});
  // The domain is known only when it runs.
  expect(String(settingsOf(closed)['MIGRATION_EVENT_TOPIC'])).toContain(
    `createObject('northeurope', format('https://{0}.blob.{1}', '${accountsOf(closed)[1]?.name}', environment()`,
  );
});

test('settings that a deployment is given stand in place of those of the file', () => {
  expect([settingsOf(trial)['MIGRATION_SWEEP'], settingsOf(closed)['MIGRATION_SWEEP']]).toEqual(['report', 'remove']);
});

test('one parameter has a Durable Task Scheduler keep the orchestrations, in the hub that host.json names', () => {
  expect(ofType(trial, 'Microsoft.DurableTask/schedulers')).toEqual([]);
  const { name } = theOne(scheduled, 'Microsoft.DurableTask/schedulers');
  const { hubName } = hostSchema.parse(hostJson).extensions.durableTask;
  expect(theOne(scheduled, 'Microsoft.DurableTask/schedulers/taskHubs').name).toBe(`${name}/${hubName}`);
  const member = 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__';
  const added = Object.entries(settingsOf(scheduled)).filter(([setting]) => !(setting in settingsOf(trial)));
  expect(Object.fromEntries(added)).toEqual({
    [`${member}type`]: 'azureManaged',
    [`${member}connectionStringName`]: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING',
    DURABLE_TASK_SCHEDULER_CONNECTION_STRING: expect.stringMatching(
      /^\[format\('Endpoint=\{0\};Authentication=ManagedIdentity;ClientID=\{1\}', reference\(/,
    ) as string,
  });
});

/** The section of roles.json for a resource. */
function sectionOf(scope: string): string {
  const [, section = scope] =
    [
      [/storageAccounts\/sthost/, 'hostStorage'],
      [/storageAccounts\/ststate/, 'stateStorage'],
      [/storageAccounts\/ststaging/, 'stagingStorage'],
      [/topics\/setup-events$/, 'eventTopic'],
      [/vaults\//, 'keyVault'],
      [/schedulers\//, 'durableTaskScheduler'],
      [/components\//, 'applicationInsights'],
      [/factories\//, 'factory'],
      [/^\[subscriptionResourceId/, 'factorySubscription'],
    ].find(([pattern]) => pattern instanceof RegExp && pattern.test(scope)) ?? [];
  return String(section);
}

const rolesSchema = z.record(z.string(), z.object({ roles: z.array(z.object({ id: z.string() })) }));
const objectSchema = z.record(z.string(), z.unknown());
const topicSchema = z.object({
  Name: z.string(),
  Properties: objectSchema,
  Subscriptions: z.array(
    z.object({
      Name: z.string(),
      Properties: objectSchema,
      Rules: z
        .array(z.object({ Name: z.string(), Properties: z.object({ CorrelationFilter: objectSchema }) }))
        .default([]),
    }),
  ),
});

/** Members of the emulator's configuration as Resource Manager calls them. */
function inArm(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, value]),
  );
}
