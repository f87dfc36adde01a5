import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivityUnion, DataFactoryManagementClient, LinkedServiceUnion } from '@azure/arm-datafactory';
import { registerRuntimeNode } from '../../../local/data-factory/runtime-node.ts';
import {
  FACTORY,
  GROUP,
  startDataFactoryFixture,
  SUBSCRIPTION,
  type DataFactoryFixture,
} from '../fixtures/data-factory.ts';

let fixture: DataFactoryFixture;
let client: DataFactoryManagementClient;

beforeAll(async () => {
  fixture = await startDataFactoryFixture();
  ({ client } = fixture);
});

afterAll(() => fixture.stop());

async function all<Item>(pages: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

const password = crypto.randomUUID();

function sqlServer(server: string, runtime?: string) {
  return {
    // The declared type insists on a connection string.
    properties: {
      type: 'SqlServer',

      ...(runtime !== undefined && { connectVia: { type: 'IntegrationRuntimeReference', referenceName: runtime } }),
      typeProperties: {
        server,
        database: 'cronus',
        authenticationType: 'SQL',
        userName: 'reader',
        password: { type: 'SecureString', value: password },
      },
    } as unknown as LinkedServiceUnion,
  };
}

describe('factories', () => {
  test('are listed by subscription and by resource group, whatever the case', async () => {
    const listed = await all(client.factories.listByResourceGroup(GROUP.toUpperCase()));
    expect(listed.map(({ name }) => name)).toEqual(['adf-one', 'adf-two']);
    expect(await all(client.factories.list())).toHaveLength(2);
    expect(await client.factories.get(GROUP, 'ADF-ONE')).toMatchObject({
      name: FACTORY,
      location: 'West Europe',
      provisioningState: 'Succeeded',
    });
  });

  test('that do not exist are not found', async () => {
    await expect(client.factories.get(GROUP, 'adf-none')).rejects.toMatchObject({
      statusCode: 404,
      code: 'ResourceNotFound',
    });
  });

  test('need a valid token', async () => {
    const stranger = fixture.connect({}, () => Promise.resolve('stranger'));
    await expect(stranger.factories.get(GROUP, FACTORY)).rejects.toMatchObject({
      statusCode: 401,
      code: 'InvalidAuthenticationToken',
    });
    const other = fixture.connect({}, () => fixture.identity.getToken('https://vault.azure.net'));
    await expect(other.factories.get(GROUP, FACTORY)).rejects.toMatchObject({ statusCode: 401 });
  });

  test('answer only to the api-version that they know', async () => {
    const old = fixture.connect({ apiVersion: '2017-09-01-preview' });
    await expect(old.factories.get(GROUP, FACTORY)).rejects.toMatchObject({ code: 'InvalidApiVersionParameter' });
  });
});

describe('documents', () => {
  test('are returned as they were put, with the properties that the client does not know', async () => {
    const bodies: string[] = [];
    const blob = { type: 'AzureBlobStorage', typeProperties: { serviceEndpoint: 'https://localhost:9' } };
    const document = { properties: blob as LinkedServiceUnion };
    await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'staging', document, {
      onResponse: (response) => bodies.push(response.bodyAsText ?? ''),
    });
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/Microsoft.DataFactory/factories/${FACTORY}/linkedservices/staging`,
      type: 'Microsoft.DataFactory/factories/linkedservices',
      properties: blob,
    });
    expect((await client.linkedServices.get(GROUP, FACTORY, 'STAGING')).name).toBe('staging');
  });

  test('hold a password that no answer gives back', async () => {
    const bodies: string[] = [];
    const onResponse = ({ bodyAsText }: { bodyAsText?: string | null }) => bodies.push(bodyAsText ?? '');
    const document = sqlServer('localhost,1433');
    await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'secret', document, { onResponse });
    const { properties } = await client.linkedServices.get(GROUP, FACTORY, 'secret', { onResponse });
    await all(client.linkedServices.listByFactory(GROUP, FACTORY, { onResponse }));
    const refused = client.linkedServices.createOrUpdate(GROUP, FACTORY, 'secret', sqlServer(''), { onResponse });

    await expect(refused).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('server') as string,
    });
    expect(properties).toMatchObject({
      userName: 'reader',
      password: { type: 'SecureString', value: '**********' },
      encryptedCredential: expect.stringMatching(/^[\w+/]+=*$/) as string,
    });
    expect(bodies).toHaveLength(4);
    for (const form of [password, Buffer.from(password).toString('base64').slice(0, -4)]) {
      expect(bodies.join('\n')).not.toContain(form);
    }
  });

  test('are replaced only while If-Match holds', async () => {
    const put = (ifMatch?: string) =>
      client.pipelines.createOrUpdate(GROUP, FACTORY, 'matched', {}, ifMatch === undefined ? {} : { ifMatch });
    await expect(put('*')).rejects.toMatchObject({ statusCode: 412 });
    const { etag = '' } = await put();
    const replaced = await put(etag);
    expect(replaced.etag).not.toBe(etag);
    await expect(put(etag)).rejects.toMatchObject({ statusCode: 412, code: 'PreconditionFailed' });
  });

  test('that did not change are not sent again', async () => {
    const { etag = '' } = await client.pipelines.createOrUpdate(GROUP, FACTORY, 'unchanged', {});
    const statuses: number[] = [];
    await client.pipelines.get(GROUP, FACTORY, 'unchanged', {
      ifNoneMatch: etag,
      onResponse: (response) => statuses.push(response.status),
    });
    expect(statuses).toEqual([304]);
  });

  test('are listed page by page', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `paged_${String(index).padStart(2, '0')}`);
    await Promise.all(names.map((name) => client.pipelines.createOrUpdate(GROUP, 'adf-two', name, {})));
    const pages = await all(client.pipelines.listByFactory(GROUP, 'adf-two').byPage());
    expect(pages.map((page) => page.length)).toEqual([50, 10]);
    expect(pages.flat().map(({ name }) => name)).toEqual(names);
  });

  test('of triggers there are none', async () => {
    expect(await all(client.triggers.listByFactory(GROUP, FACTORY))).toEqual([]);
  });

  test('that are absent are deleted like those that exist, and cannot be read', async () => {
    await client.pipelines.createOrUpdate(GROUP, FACTORY, 'gone', {});
    const statuses: number[] = [];
    const onResponse = (response: { status: number }) => statuses.push(response.status);
    await client.pipelines.delete(GROUP, FACTORY, 'gone', { onResponse });
    await client.pipelines.delete(GROUP, FACTORY, 'gone', { onResponse });
    expect(statuses).toEqual([200, 204]);
    await expect(client.pipelines.get(GROUP, FACTORY, 'gone')).rejects.toMatchObject({
      statusCode: 404,
      code: 'NotFound',
    });
  });

  test('may refer only to documents that exist', async () => {
    await expect(
      client.linkedServices.createOrUpdate(GROUP, FACTORY, 'lost', sqlServer('localhost', 'shir-none')),
    ).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
      message: "The document creation or update failed because of invalid reference 'shir-none'.",
    });
  });

  test('cannot be deleted while another refers to them', async () => {
    await client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, 'shir-used', {
      properties: { type: 'SelfHosted' },
    });
    await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'user', sqlServer('localhost', 'shir-used'));
    await expect(client.integrationRuntimes.delete(GROUP, FACTORY, 'shir-used')).rejects.toMatchObject({
      code: 'BadRequest',
      message: 'The document cannot be deleted since it is referenced by user.',
    });
    await client.linkedServices.delete(GROUP, FACTORY, 'user');
    await client.integrationRuntimes.delete(GROUP, FACTORY, 'shir-used');
  });

  test.each([
    ['a linked service of another type', { type: 'Oracle', connectionString: 'x' }, "of type 'Oracle'"],
    ['a connection string', { type: 'SqlServer', connectionString: 'Server=localhost' }, 'connectionString'],
    ['a key vault', { type: 'AzureKeyVault', baseUrl: 'https://localhost:9' }, "of type 'AzureKeyVault'"],
    ['an expression', sqlServer("@concat('local', 'host')").properties, 'Dynamic content'],
    ['an interpolation', sqlServer('local@{linkedService().host}').properties, 'Dynamic content'],
  ])('with %s are refused by name', async (_, properties, text) => {
    await expect(
      client.linkedServices.createOrUpdate(GROUP, FACTORY, 'refused', { properties: properties as LinkedServiceUnion }),
    ).rejects.toMatchObject({ statusCode: 400, message: expect.stringContaining(text) as string });
  });

  const wait = (name: string, ...after: string[]) => ({
    name,
    type: 'Wait',
    waitTimeInSeconds: 1,
    dependsOn: after.map((activity) => ({ activity, dependencyConditions: ['Succeeded'] })),
  });
  test.each([
    ['two activities of one name', [wait('a'), wait('A')], "'A' is used more than once"],
    ['a dependency on nothing', [wait('a', 'b')], "depends on 'b', which is not in its scope"],
    ['a circle', [wait('a', 'b'), wait('b', 'a')], 'depends on itself'],
    ['too many activities', Array.from({ length: 121 }, (_, i) => wait(`a${i}`)), 'the limit is 120'],
    ['an activity name that is too long', [wait('a'.repeat(56))], 'is too long'],
    [
      'a loop in a loop',
      [
        {
          name: 'outer',
          type: 'ForEach',
          items: { type: 'Expression', value: '@createArray(1)' },
          activities: [
            { name: 'inner', type: 'Until', expression: { type: 'Expression', value: '@true' }, activities: [] },
          ],
        },
      ],
      "The loop 'inner' cannot be nested",
    ],
  ])('of a pipeline with %s are refused', async (_, activities, text) => {
    await expect(
      client.pipelines.createOrUpdate(GROUP, FACTORY, 'refused', { activities: activities as ActivityUnion[] }),
    ).rejects.toMatchObject({
      code: 'BadRequest',
      message: expect.stringContaining(text) as string,
    });
  });

  test.each(['has_underscore', '-leading', 'ab', 'a'.repeat(64)])(
    'of an integration runtime are not called %s',
    async (name) => {
      await expect(
        client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, name, { properties: { type: 'SelfHosted' } }),
      ).rejects.toMatchObject({ code: 'BadRequest' });
    },
  );
});

describe('self-hosted integration runtimes', () => {
  const create = (name: string) =>
    client.integrationRuntimes.createOrUpdate(GROUP, FACTORY, name, { properties: { type: 'SelfHosted' } });
  const stateOf = async (name: string) =>
    (await client.integrationRuntimes.getStatus(GROUP, FACTORY, name)).properties.state;
  const key = async (name: string) =>
    (await client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, name)).authKey1 ?? '';

  test('need a node, and are as available as their nodes', async () => {
    await create('shir-nodes');
    expect(await stateOf('shir-nodes')).toBe('NeedRegistration');
    const authKey = await key('shir-nodes');
    const first = await registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName: 'first' });
    expect(await stateOf('shir-nodes')).toBe('Online');
    const second = await registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName: 'second' });
    await second.stop();
    expect(await stateOf('shir-nodes')).toBe('Limited');
    await first.stop();
    expect(await stateOf('shir-nodes')).toBe('Offline');
    await second.start();
    const { properties } = await client.integrationRuntimes.getStatus(GROUP, FACTORY, 'shir-nodes');
    expect(properties).toMatchObject({
      state: 'Limited',
      dataFactoryName: FACTORY,
      nodes: [
        { nodeName: 'first', status: 'Offline' },
        { nodeName: 'second', status: 'Online' },
      ],
    });
  });

  test('take four nodes at most', async () => {
    await create('shir-four');
    const authKey = await key('shir-four');
    const register = (nodeName: string) => registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName });
    for (const name of ['1', '2', '3', '4', '4']) await register(name);
    await expect(register('5')).rejects.toThrow('already has 4 nodes');
  });

  test('have two keys, of which one can be replaced while nodes stay online', async () => {
    await create('shir-keys');
    const before = await client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, 'shir-keys');
    expect(before.authKey1).toMatch(
      /^IR@[0-9a-f-]{36}@adf-one@ServiceEndpoint=adf-one\.westeurope\.datafactory\.azure\.net@[A-Za-z0-9+/]{43}=$/,
    );
    const authKey = before.authKey1 ?? '';
    await registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName: 'node' });
    await create('shir-keys');
    const after = await client.integrationRuntimes.regenerateAuthKey(GROUP, FACTORY, 'shir-keys', {
      keyName: 'authKey1',
    });
    expect(after.authKey1).not.toBe(before.authKey1);
    expect(after.authKey2).toBe(before.authKey2);
    expect(await stateOf('shir-keys')).toBe('Online');
    await expect(registerRuntimeNode(fixture.dataFactory.url, { authKey, nodeName: 'late' })).rejects.toThrow(
      'InvalidAuthenticationKey',
    );
  });

  test('that do not exist have no status', async () => {
    await expect(client.integrationRuntimes.getStatus(GROUP, FACTORY, 'shir-none')).rejects.toMatchObject({
      statusCode: 404,
      message: "The integration runtime 'shir-none' under data factory 'adf-one' does not exist.",
    });
  });
});

describe('answers say how many requests are left', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['GET', '', { reads: '249', 'global-reads': '3749' }],
    ['POST', '/queryPipelineRuns', { reads: '249', 'global-reads': '3749' }],
    ['POST', '/integrationRuntimes/x/getStatus', { reads: '249', 'global-reads': '3749' }],
    ['POST', '/integrationRuntimes/x/listAuthKeys', { reads: '249', 'global-reads': '3749' }],
    ['POST', '/pipelineruns/x/queryActivityruns', { writes: '199', 'global-writes': '2999' }],
    ['PUT', '/datasets/x', { writes: '199', 'global-writes': '2999' }],
    ['DELETE', '/datasets/x', { deletes: '199', 'global-deletes': '2999' }],
  ])('to %s %s', async (method, path, expected) => {
    const factory = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/Microsoft.DataFactory/factories/${FACTORY}`;
    const url = `${fixture.dataFactory.url}${factory}${path}?api-version=2018-06-01`;
    const { headers } = await fetch(url, { method });
    const prefix = 'x-ms-ratelimit-remaining-subscription-';
    const told = [...headers].filter(([name]) => name.startsWith(prefix));
    expect(Object.fromEntries(told.map(([name, value]) => [name.slice(prefix.length), value]))).toEqual(expected);
  });
});

describe('faults', () => {
  let once: DataFactoryManagementClient;
  beforeAll(() => {
    once = fixture.connect({ retryOptions: { maxRetries: 0 } });
  });

  test('of throttling say when to try again', async () => {
    fixture.dataFactory.faults.throttleNext(1);
    await expect(once.factories.get(GROUP, FACTORY)).rejects.toMatchObject({
      statusCode: 429,
      code: 'TooManyRequests',
    });
    expect(await once.factories.get(GROUP, FACTORY)).toMatchObject({ name: FACTORY });
  });

  test('of a lost answer leave a run behind', async () => {
    await client.pipelines.createOrUpdate(GROUP, FACTORY, 'lost_answer', {
      parameters: { operationId: { type: 'String' } },
    });
    fixture.dataFactory.faults.loseNextRunAnswer();
    await expect(
      once.pipelines.createRun(GROUP, FACTORY, 'lost_answer', { parameters: { operationId: 'one' } }),
    ).rejects.toMatchObject({ statusCode: 500 });
    const { value } = await client.pipelineRuns.queryByFactory(GROUP, FACTORY, {
      lastUpdatedAfter: new Date(0),
      lastUpdatedBefore: new Date(Date.now() + 60_000),
      filters: [{ operand: 'PipelineName', operator: 'Equals', values: ['lost_answer'] }],
    });
    expect(value.map(({ parameters }) => parameters)).toEqual([{ operationId: 'one' }]);
  });
});
