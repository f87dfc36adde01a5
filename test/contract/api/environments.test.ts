import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { place, reached, setupBody, startHttpApi } from '../../support/api/http-api.ts';
import type { ApiRequest, HttpApi } from '../../support/api/http-api.ts';
import { objectId, otherTenantId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;
let name: string;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => {
  name = `Sandbox ${crypto.randomUUID().slice(0, 8)}`;
});

const params = () => ({ environment: name });
const read = (request: ApiRequest = {}) => api.call('getEnvironment', 'none', { params: params(), ...request });
const remove = (request: ApiRequest = {}) =>
  api.call('deleteEnvironment', 'none', { token: 'operator', params: params(), ...request });

/** Names of what was done to the environment, oldest first. */
async function audited(): Promise<object[]> {
  const { values } = await api.services.audit.page({ tenantId }, 100);
  return values.filter(({ environment }) => environment === name).toReversed();
}

describe('an environment', () => {
  test('is registered by an operator, and shown to its tenant without its database', async () => {
    const created = await api.register(name);
    expect(created).toMatchObject({ status: 201, body: { name, ...place } });
    const { etag } = created.headers;
    expect(await read()).toMatchObject({ status: 200, headers: { etag }, body: { name, region: place.region } });
    expect((await read()).body).toEqual({ name, region: place.region });
    expect((await read({ token: 'provisioning' })).body).toEqual({ name, region: place.region });
    expect((await read({ token: 'operator' })).body).toEqual({ name, ...place });
    expect(await read({ headers: { 'if-none-match': etag ?? '' } })).toMatchObject({ status: 304 });
  });

  test('has one name, however it is spelt', async () => {
    await api.register(name);
    expect(await api.register(name.toUpperCase())).toMatchObject({ status: 200, body: { name } });
    expect(await read({ params: { environment: name.toLowerCase() } })).toMatchObject({ body: { name } });
  });

  test.each([
    ['tcp:Online.Example.com,1433', 'online.example.com'],
    ['online.example.com,1434', 'online.example.com,1434'],
  ])('on the server %s is kept as on %s', async (server, kept) => {
    await api.register(name, { ...place, server });
    expect((await read({ token: 'operator' })).body).toMatchObject({ server: kept });
    expect(await api.register(name, { ...place, server: kept })).toMatchObject({ status: 200 });
  });

  test('is listed with the others of its tenant, and of no other', async () => {
    const tenant = crypto.randomUUID();
    for (const environment of ['Sandbox', 'Production']) await api.register(environment, place, { tenant });
    const list = await api.call('listEnvironments', 'none', { token: 'provisioning', tenant });
    const { region } = place;
    expect(list.body).toEqual({
      value: [
        { name: 'Production', region },
        { name: 'Sandbox', region },
      ],
    });
    const own = await api.call('listEnvironments', 'none');
    expect(own.status).toBe(200);
    const foreign = await api.call('listEnvironments', 'none', { token: 'other' });
    expect(foreign).toMatchObject({ status: 404, body: { code: 'TenantNotFound' } });
  });

  test('is gone when it was deleted, and can be registered again', async () => {
    await api.register(name);
    expect(await remove()).toMatchObject({ status: 204 });
    expect(await read()).toMatchObject({ status: 404, body: { code: 'EnvironmentNotFound' } });
    const { value } = (await api.call('listEnvironments', 'none')).body as { value: { name: string }[] };
    expect(value.map((environment) => environment.name)).not.toContain(name);
    expect(await remove()).toMatchObject({ status: 204 });
    expect(await api.register(name, { ...place, database: 'tenant02' })).toMatchObject({ status: 201 });
    expect(await read({ token: 'operator' })).toMatchObject({ body: { database: 'tenant02' } });
  });

  test('is changed on conditions', async () => {
    const { etag = '' } = (await api.register(name)).headers;
    const moved = { ...place, database: 'tenant02' };
    const on = (headers: Record<string, string>) => ({ headers });
    expect(await api.register(name, moved, on({ 'if-none-match': '*' }))).toMatchObject({ status: 412 });
    const changed = await api.register(name, moved, on({ 'if-match': etag }));
    expect(changed).toMatchObject({ status: 200, body: moved });
    expect(changed.headers['etag']).not.toBe(etag);
    expect(await api.register(name, place, on({ 'if-match': etag }))).toMatchObject({ status: 412 });
    expect(await remove(on({ 'if-match': etag }))).toMatchObject({ status: 412 });
    expect(await remove(on({ 'if-match': changed.headers['etag'] ?? '' }))).toMatchObject({ status: 204 });
    expect(await remove(on({ 'if-match': '*' }))).toMatchObject({ status: 412 });
  });

  test('leaves a row of every accepted change, and of no other', async () => {
    const created = await api.register(name);
    await api.register(name);
    await api.register(name, { ...place, database: 'tenant02' });
    await api.register(name, { ...place, server: 'no server!' });
    await remove();
    await remove();
    expect(await audited()).toMatchObject([
      { action: 'putEnvironment', result: 'created', database: 'tenant01', actor: objectId },
      { action: 'putEnvironment', result: 'replaced', database: 'tenant02' },
      { action: 'deleteEnvironment', result: 'deleted' },
    ]);
    expect((await audited())[0]).toMatchObject({ requestId: created.headers['x-ms-request-id'] });
  });
});

describe('an environment that a setup has', () => {
  test('cannot be changed or deleted until the setup has failed', async () => {
    const setupId = `setup-${crypto.randomUUID()}`;
    await api.register(name);
    await api.put(setupId, { ...setupBody, destination: { environment: name } });
    const inUse = {
      status: 409,
      body: { code: 'EnvironmentInUse', detail: expect.stringContaining(setupId) as string },
    };
    expect(await api.register(name, { ...place, database: 'tenant02' })).toMatchObject(inUse);
    expect(await remove()).toMatchObject(inUse);
    expect(await api.register(name)).toMatchObject({ status: 200 });

    await api.reach(setupId, reached.factorySelected, reached.failed);
    expect(await api.register(name, { ...place, database: 'tenant02' })).toMatchObject({ status: 200 });
    expect(await remove()).toMatchObject({ status: 204 });
    const { destination } = await api.services.store.require({ tenantId, setupId });
    expect(destination).toEqual({ environment: name, ...place });
  });
});

describe('the directory is refused', () => {
  test.each([['own'], ['other'], ['provisioning']] as const)('for a change by %s', async (token) => {
    expect(await api.register(name, place, { token })).toMatchObject({ status: 403, body: { code: 'Forbidden' } });
    expect(await remove({ token })).toMatchObject({ status: 403 });
    expect(await read()).toMatchObject({ status: 404 });
  });

  test('to another tenant', async () => {
    await api.register(name, place, { tenant: otherTenantId });
    expect(await read({ token: 'other', tenant: otherTenantId })).toMatchObject({ status: 200 });
    expect(await read()).toMatchObject({ status: 404 });
    expect(await read({ tenant: otherTenantId })).toMatchObject({ status: 404 });
  });

  test.each([
    ['server', { ...place, server: 'online.example.com;Password=x' }],
    ['server', { ...place, server: 'online.example.com,0' }],
    ['region', { ...place, region: 'West Europe' }],
    ['database', { ...place, database: '' }],
    ['name', { ...place, name: 'Other' }],
  ])('for a wrong %s', async (field, body) => {
    const answer = await api.register(name, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidRequestBody' } });
    expect(answer.body).toMatchObject({ errors: [{ pointer: `/${field}` }] });
  });

  test.each([['!audit'], [' x'], ['a/b'], ['x'.repeat(31)]])('for the name "%s"', async (environment) => {
    const answer = await api.call('getEnvironment', 'none', { params: { environment } });
    expect(answer).toMatchObject({ status: 400, body: { code: 'InvalidEnvironmentName' } });
  });
});
