import { odata } from '@azure/data-tables';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setupKey } from '../../../shared/setup/key.ts';
import {
  azureSource,
  connectionString,
  environmentOf,
  mapping,
  password,
  place,
  reached,
  setupBody,
  source,
  startHttpApi,
} from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { otherTenantId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;
let setupId: string;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => {
  setupId = `setup-${crypto.randomUUID()}`;
});

/** Names of the secrets in the vault that belong to a setup, the one of the test unless another is named. */
async function secrets(of = setupId): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, owner } of api.services.secrets.names()) if (owner?.setupId === of) names.push(name);
  return names;
}

/** What the vault holds for the setup of the test. */
async function storedPasswords(): Promise<(string | undefined)[]> {
  return Promise.all((await secrets()).map((name) => api.services.secrets.get(name)));
}

/** The key of the setup in Azure resources. */
function keyOfSetup(): string {
  return setupKey(api.services.settings.MIGRATION_EVENT_SOURCE, { tenantId, setupId });
}

/** The secret that the head row of the setup names. */
async function namedSecret(): Promise<string | undefined> {
  return (await api.services.store.get({ tenantId, setupId }))?.secretName;
}

describe('PUT of a new setup', () => {
  test('accepts it, keeps the password in the vault and starts the orchestration', async () => {
    const answer = await api.put(setupId);
    expect(answer.status).toBe(201);
    expect(answer.headers).toMatchObject({
      etag: expect.stringMatching(/^"[\w-]+"$/) as string,
      'operation-id': `${setupId}.1`,
      'operation-location': `https://migration.example.com/api/tenants/${tenantId}/operations/${setupId}.1?api-version=2026-11-01`,
    });
    expect(answer.body).toMatchObject({
      setupId,
      state: 'Accepted',
      attempt: 1,
      source: { kind: 'SqlServer', server: 'sql01', database: 'BC250', userName: 'migration', encrypt: true },
      destination: { environment: environmentOf(setupId), region: 'westeurope' },
    });
    expect(await storedPasswords()).toEqual([password]);
    expect(await secrets()).toEqual([await namedSecret()]);
    expect(await namedSecret()).toMatch(new RegExp(`^mig-${keyOfSetup()}-[0-9a-f]{8}$`));

    const start = api.durable.starts.at(-1);
    expect(start?.path).toBe(`/orchestrators/setup/${tenantId}.${setupId}.1`);
    expect(JSON.parse(start?.body ?? '')).toMatchObject({
      setupId,
      key: keyOfSetup(),
    });
    expect(JSON.stringify([answer, start])).not.toContain('hunter2');
  });

  test('stores no password beside the vault', async () => {
    await api.put(setupId);
    const filter = odata`PartitionKey eq ${`${tenantId}|${setupId}`}`;
    const rows: unknown[] = [];
    for await (const row of api.setups.listEntities({ queryOptions: { filter } })) rows.push(row);
    expect(rows).toHaveLength(3);
    expect(JSON.stringify(rows)).not.toContain('hunter2');
  });

  test('is accepted though the orchestration cannot be started now', async () => {
    expect(await api.put(setupId, setupBody, { durableUrl: 'http://127.0.0.1:9/' })).toMatchObject({ status: 201 });
    expect(await api.call('getSetup', setupId)).toMatchObject({ status: 200, body: { state: 'Accepted' } });
  });

  test('belongs to the tenant of the path: another tenant may use the same id, and the same name', async () => {
    expect(await api.put(setupId)).toMatchObject({ status: 201 });
    expect(await api.put(setupId, setupBody, { token: 'other', tenant: otherTenantId })).toMatchObject({ status: 201 });
    expect(api.durable.starts.at(-1)?.path).toContain(otherTenantId);
  });

  test('is for the provider too, in any tenant', async () => {
    expect(await api.put(setupId, setupBody, { token: 'provisioning' })).toMatchObject({ status: 201 });
    expect(await api.call('getSetup', setupId)).toMatchObject({ status: 200 });
  });

  test('is not for another tenant, which learns nothing', async () => {
    const answer = await api.put(setupId, setupBody, { token: 'other' });
    expect(answer).toMatchObject({ status: 404, body: { code: 'SetupNotFound' } });
    expect(await api.call('getSetup', setupId)).toMatchObject({ status: 404 });
  });

  test('needs Setup.Write', async () => {
    expect(await api.put(setupId, setupBody, { token: 'reader' })).toMatchObject({ status: 403 });
  });
});

describe('PUT when an answer is lost', () => {
  const row = { method: 'POST', url: '$batch' };
  const secret = { method: 'PUT', url: '/secrets/' };

  test('that the row was stored: it is met as an existing one and keeps its secret', async () => {
    const starts = api.durable.starts.length;
    api.lostAnswers.loseNext({ ...row, retried: true });
    expect(await api.put(setupId)).toMatchObject({ status: 201 });
    expect(api.durable.starts).toHaveLength(starts + 1);
    expect(await secrets()).toEqual([await namedSecret()]);
    expect(await storedPasswords()).toEqual([password]);
  });

  test('for good, that the row was stored: the setup keeps its secret, and the next PUT finds both', async () => {
    api.lostAnswers.loseNext({ ...row, retried: false });
    expect(await api.put(setupId)).toMatchObject({ status: 503, body: { code: 'ServiceUnavailable' } });
    expect(await secrets()).toEqual([await namedSecret()]);
    expect(await api.put(setupId)).toMatchObject({ status: 200 });
    expect(await storedPasswords()).toEqual([password]);
  });

  test('for good, that the secret was stored: it is deleted, and nothing is accepted', async () => {
    api.lostAnswers.loseNext({ ...secret, retried: false });
    expect(await api.put(setupId)).toMatchObject({ status: 503, body: { code: 'ServiceUnavailable' } });
    expect(await secrets()).toEqual([]);
    expect(await namedSecret()).toBeUndefined();
  });
});

describe('PUT of a setup that exists', () => {
  test('with the same values changes nothing and starts nothing', async () => {
    const first = await api.put(setupId);
    const starts = api.durable.starts.length;
    const again = await api.put(setupId, {
      ...setupBody,
      source: { ...source, connectionString: connectionString.replace('User ID', 'UID') },
    });
    expect(again).toMatchObject({ status: 200, body: first.body });
    for (const header of ['etag', 'operation-id', 'operation-location']) {
      expect(again.headers[header]).toBe(first.headers[header]);
    }
    expect(api.durable.starts).toHaveLength(starts);
  });

  test.each([
    ['/product', 'The product', { product: 'DynamicsBC' }],
    ['/source/runtimeName', 'The runtime name', { source: { ...source, runtimeName: 'shir-old' } }],
    [
      '/source/trustServerCertificate',
      'Trust in the certificate',
      { source: { ...source, trustServerCertificate: true } },
    ],
    ['/destination/environment', 'The environment', { destination: { environment: 'Sandbox' } }],
    ['/companies', 'The list of companies', { companies: ['hunter'] }],
    ['/tableMappings', 'The list of mappings', { tableMappings: [mapping] }],
    ...[
      ['The server', 'sql01', 'sql02'],
      ['The database', 'BC250', 'BC251'],
      ['The user id', 'migration', 'other'],
      ['The password', 'hunter2', 'hunter3'],
      ['Encrypt', 'Server', 'Encrypt=no;Server'],
    ].map(([name = '', from = '', to = '']): [string, string, object] => [
      '/source/connectionString',
      name,
      { source: { ...source, connectionString: connectionString.replace(from, to) } },
    ]),
  ])('with another value at %s is told: %s', async (pointer, name, change) => {
    await api.put(setupId);
    const answer = await api.put(setupId, { ...setupBody, ...change });
    expect(answer).toMatchObject({ status: 409, body: { code: 'SetupConflict' } });
    const { errors } = answer.body as { errors: { pointer: string; code: string; detail: string }[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ pointer, code: 'Differs' });
    expect(errors[0]?.detail).toMatch(new RegExp(`^${name} `));
    expect(JSON.stringify(answer)).not.toMatch(/hunter|sql0|BC25|shir-old|tenant02|Sandbox/);
    expect(await storedPasswords()).toEqual([password]);
  });

  test('with another kind is told so', async () => {
    await api.put(setupId, { ...setupBody, source: azureSource });
    const answer = await api.put(setupId, { ...setupBody, source: { ...azureSource, kind: 'SqlServer' } });
    const errors = [{ pointer: '/source/kind', code: 'Differs' }];
    expect(answer).toMatchObject({ status: 409, body: { code: 'SetupConflict', errors } });
  });

  test('by several at once is accepted once, and those that came too late leave no secret', async () => {
    const starts = api.durable.starts.length;
    const answers = await Promise.all([api.put(setupId), api.put(setupId), api.put(setupId), api.put(setupId)]);
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['200', '200', '200', '201']);
    expect(api.durable.starts).toHaveLength(starts + 1);
    expect(await secrets()).toEqual([await namedSecret()]);
    const deleted: string[] = [];
    for await (const { name, properties } of api.vault.listDeletedSecrets()) {
      if (properties.tags?.['setupId'] === setupId) deleted.push(name);
    }
    expect(deleted).toEqual([]);
  });

  test('honours the conditions of the request', async () => {
    expect(await api.put(setupId, setupBody, { headers: { 'if-match': '*' } })).toMatchObject({ status: 412 });
    const first = await api.put(setupId, setupBody, { headers: { 'if-none-match': '*' } });
    expect(first).toMatchObject({ status: 201 });
    expect(await api.put(setupId, setupBody, { headers: { 'if-none-match': '*' } })).toMatchObject({ status: 412 });
    expect(await api.put(setupId, setupBody, { headers: { 'if-match': first.headers['etag'] ?? '' } })).toMatchObject({
      status: 200,
    });
    await api.reach(setupId, reached.factorySelected);
    expect(await api.put(setupId, setupBody, { headers: { 'if-match': first.headers['etag'] ?? '' } })).toMatchObject({
      status: 412,
    });
  });
});

describe('an environment', () => {
  const bodyFor = (environment: string) => ({ ...setupBody, destination: { environment } });
  let environment: string;
  let second: string;

  beforeEach(() => {
    environment = environmentOf(setupId);
    second = `${setupId}-2`;
  });

  test('is for one setup: a second one is told which, and makes no secret and no orchestration', async () => {
    await api.put(setupId);
    const starts = api.durable.starts.length;
    const answer = await api.put(second, bodyFor(environment.toUpperCase()));
    expect(answer).toMatchObject({ status: 409, body: { code: 'EnvironmentInUse' } });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining(setupId) as string });
    expect(await secrets(second)).toEqual([]);
    expect(api.durable.starts).toHaveLength(starts);
    expect(await api.call('getSetup', second)).toMatchObject({ status: 404 });
  });

  test('is for one of several setups that ask at once', async () => {
    await api.register(environment);
    const ids = ['a', 'b', 'c', 'd', 'e'].map((end) => `${setupId}-${end}`);
    const answers = await Promise.all(ids.map((id) => api.put(id, bodyFor(environment))));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
  });

  test('is free again when its setup has failed, and not when it is ready', async () => {
    await api.put(setupId);
    await api.reach(setupId, reached.factorySelected, reached.failed);
    expect(await api.put(second, bodyFor(environment))).toMatchObject({ status: 201 });
    await api.reach(second, reached.factorySelected, reached.ready);
    expect(await api.put(`${setupId}-3`, bodyFor(environment))).toMatchObject({ status: 409 });
  });

  test('is kept with the setup as it stood in the directory', async () => {
    await api.put(setupId);
    const setup = await api.services.store.require({ tenantId, setupId });
    expect(setup.request.destination).toEqual({ environment });
    expect(setup.destination).toEqual({ environment, ...place });
    const { body } = await api.call('getSetup', setupId, { token: 'operator' });
    expect(body).toMatchObject({ destination: { environment, ...place } });
  });

  test('is not lost to a setup of the same id that was stored with another one', async () => {
    const others = [`${environment.slice(1)}a`, `${environment.slice(1)}b`];
    for (const name of others) await api.register(name);
    const answers = await Promise.all(others.map((name) => api.put(setupId, bodyFor(name))));
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['201', '409']);
    const lost = others[answers.findIndex(({ status }) => status === 409)] ?? '';
    expect(await api.put(second, bodyFor(lost))).toMatchObject({ status: 201 });
  });
});

describe('PUT is refused', () => {
  const errorsOf = ({ body }: Answer) =>
    (body as { errors: { pointer: string; code: string; detail: string }[] }).errors;

  test.each([
    ['Password=hunter2', 3],
    ['Server=s;Database=d;User ID=u;Password=hunter2;Integrated Security=SSPI', 1],
    ['Server=s;Database=d;User ID=u;Password=x;hunter2=y', 1],
    ['hunter2', 1],
  ])('for the connection string %s, without repeating any of it', async (text, count) => {
    const answer = await api.put(setupId, { ...setupBody, source: { ...source, connectionString: text } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidRequestBody' } });
    expect(errorsOf(answer)).toHaveLength(count);
    for (const error of errorsOf(answer))
      expect(error).toMatchObject({ pointer: '/source/connectionString', code: '52072' });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(await secrets()).toEqual([]);
  });

  test.each([['server'], ['database'], ['region']])('for a destination with its %s', async (field) => {
    const destination = { environment: environmentOf(setupId), [field]: 'online.example.com' };
    const answer = await api.put(setupId, { ...setupBody, destination });
    expect(answer.status).toBe(400);
    expect(errorsOf(answer)).toMatchObject([{ pointer: `/destination/${field}`, code: 'UnknownField' }]);
  });

  test('for an environment of nobody and of another tenant in the same words, before anything is made', async () => {
    const foreign = `Foreign ${crypto.randomUUID().slice(0, 8)}`;
    await api.register(foreign, place, { tenant: otherTenantId });
    const starts = api.durable.starts.length;
    const [one, other] = await Promise.all(
      [foreign, 'Nowhere'].map((environment) => api.put(setupId, { ...setupBody, destination: { environment } })),
    );
    expect(one).toMatchObject({ status: 400, body: { code: 'InvalidRequestBody' } });
    expect(one && errorsOf(one)).toMatchObject([{ pointer: '/destination/environment', code: 'UnknownEnvironment' }]);
    expect(one && errorsOf(one)).toEqual(other && errorsOf(other));
    expect(await secrets()).toEqual([]);
    expect(api.durable.starts).toHaveLength(starts);
  });

  test('for an Azure SQL source that is on another server, before anything is made', async () => {
    const elsewhere = { kind: 'AzureSql', connectionString, trustServerCertificate: true };
    const answer = await api.put(setupId, { ...setupBody, source: elsewhere });
    expect(errorsOf(answer)).toMatchObject([
      { pointer: '/source/connectionString', detail: 'Server is no server of Azure SQL Database.' },
      {
        pointer: '/source/trustServerCertificate',
        detail: 'It is on, although the certificates of Azure SQL Database are trusted everywhere.',
      },
    ]);
    expect(await secrets()).toEqual([]);
  });

  test('for a runtime of an Azure SQL source', async () => {
    const answer = await api.put(setupId, { ...setupBody, source: { ...azureSource, runtimeName: 'shir-one' } });
    expect(errorsOf(answer)).toMatchObject([{ pointer: '/source/runtimeName', code: 'InvalidValue' }]);
  });

  test.each([['tenantId'], ['state'], ['attempt'], ['__proto__'], ['constructor']])('for a field %s', async (field) => {
    const whole = { ...setupBody, destination: { environment: 'Production' } };
    const body = JSON.stringify(whole).replace('{', `{"${field}":"Ready",`);
    const answer = await api.call('putSetup', setupId, { headers: { 'content-type': 'application/json' }, body });
    expect(errorsOf(answer)).toMatchObject([{ pointer: `/${field}`, code: 'UnknownField' }]);
  });

  test.each([['ab'], ['-abc'], ['abc-'], ['Abc'], ['a.b'], ['a|b'], ['..%2fx'], ['x'.repeat(64)], ['ａｂｃ']])(
    'for the id %s',
    async (id) => {
      const answer = await api.put(setupId, setupBody, { params: { setupId: id } });
      expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidSetupId' } });
    },
  );
});
