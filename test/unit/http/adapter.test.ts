import { createHttpHeaders, createPipelineRequest, RestError } from '@azure/core-rest-pipeline';
import type { HttpHandler } from '@azure/functions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { etagOf, isNotModified, requirePreconditions } from '../../../functions/http/conditions.ts';
import { createToHandler } from '../../../functions/http/adapter.ts';
import type { Route, TenantCall } from '../../../functions/http/adapter.ts';
import { readJsonBody } from '../../../functions/http/json-body.ts';
import { notFound } from '../../../functions/http/problem.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Services } from '../../../shared/services.ts';
import { callHandler, settingsFor } from '../../support/api/http-call.ts';
import type { Sent } from '../../support/api/http-call.ts';
import {
  objectId,
  otherTenantId,
  providerTenantId,
  startTokenIssuer,
  tenantId,
} from '../../support/api/token-issuer.ts';
import type { TokenIssuer } from '../../support/api/token-issuer.ts';

let issuer: TokenIssuer;
let toHandler: (route: Route) => HttpHandler;
let authorization: string;

beforeAll(async () => {
  issuer = await startTokenIssuer();
  // The routes of these tests use no gateway.
  const services = { settings: settingsFor(issuer), clock: systemClock } as Services;
  toHandler = createToHandler(services);
  authorization = `Bearer ${await issuer.sign()}`;
});

afterAll(() => issuer.stop());

type Handler = (call: TenantCall) => Promise<object>;
const echoCaller: Handler = async ({ caller, tenantId: of }) => ({ status: 200, jsonBody: { ...caller, of } });

async function send(sent: Sent = {}, handler: Handler = echoCaller, logged: string[] = []) {
  const what = { path: 'tenants/{tenantId}/demo', role: 'Setup.Read', missing: 'SetupNotFound' } as const;
  const route: Route = { name: 'test', method: 'GET', ...what, handler };
  const headers = { authorization, ...sent.headers };
  const params = { tenantId, ...sent.params };
  return callHandler(toHandler(route), { ...sent, params, headers }, { logged });
}

const problemHeaders = (code: string) => ({ 'content-type': 'application/problem+json', 'x-ms-error-code': code });
const guid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

describe('every answer', () => {
  test('names the request, each time anew', async () => {
    const [first, second] = [await send(), await send({ query: {} })];
    expect(first).toMatchObject({ status: 200, body: { tenantId, objectId } });
    for (const { headers } of [first, second]) {
      expect(headers['x-ms-request-id']).toMatch(guid);
      expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', 'x-content-type-options': 'nosniff' });
    }
    expect(first.headers['x-ms-request-id']).not.toBe(second.headers['x-ms-request-id']);
  });
});

describe('access', () => {
  test('without a token is a 401 problem with a challenge', async () => {
    const answer = await send({ headers: { authorization: '' }, query: {} });
    expect(answer).toMatchObject({ status: 401, body: { status: 401, code: 'Unauthorized', instance: '/api/demo' } });
    expect(answer.headers).toMatchObject({
      ...problemHeaders('Unauthorized'),
      'www-authenticate': 'Bearer error="invalid_token"',
    });
  });

  test('is not given by the headers of App Service authentication', async () => {
    const principal = Buffer.from(JSON.stringify({ claims: [] })).toString('base64');
    const answer = await send({ headers: { authorization: '', 'x-ms-client-principal': principal } });
    expect(answer.status).toBe(401);
  });

  test('without the role is a 403 problem that names it', async () => {
    const token = await issuer.sign({ roles: ['Setup.Write'] });
    const answer = await send({ headers: { authorization: `Bearer ${token}` } });
    expect(answer).toMatchObject({ status: 403, headers: problemHeaders('Forbidden') });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('Setup.Read') as string });
  });

  test.each([
    ['another tenant', otherTenantId, true],
    ['what is no tenant', 'contoso', false],
  ])('to %s is given like to what does not exist, and a refusal is logged', async (_name, tenant, isLogged) => {
    const logged: string[] = [];
    const answer = await send({ params: { tenantId: tenant } }, echoCaller, logged);
    const absent = await send({}, () => Promise.reject(notFound('SetupNotFound')));
    expect(answer.status).toBe(404);
    expect({ ...answer, headers: { ...answer.headers, 'x-ms-request-id': '' } }).toEqual({
      ...absent,
      headers: { ...absent.headers, 'x-ms-request-id': '' },
      body: { ...(absent.body as object), traceId: expect.any(String) as string },
    });
    const requestId = answer.headers['x-ms-request-id'] ?? '';
    const line = `Request ${requestId}: test of tenant ${tenant} was refused to ${objectId} of tenant ${tenantId}.`;
    expect(logged).toEqual(isLogged ? [line] : []);
  });

  test('to every tenant is given with a role for all, but only to the provider', async () => {
    const of = async (tid: string) => {
      const iss = issuer.issuer.replace('{tenantId}', tid);
      const token = await issuer.sign({ tid, iss, roles: ['Setup.Read.All'] });
      return send({ headers: { authorization: `Bearer ${token}` } });
    };
    expect(await of(providerTenantId)).toMatchObject({ status: 200, body: { of: tenantId } });
    expect(await of(tenantId)).toMatchObject({ status: 403 });
  });

  test('to a tenant does not depend on how it is spelt', async () => {
    const answer = await send({ params: { tenantId: tenantId.toUpperCase() } });
    expect(answer).toMatchObject({ status: 200, body: { of: tenantId } });
  });

  test('is not asked for on an open route', async () => {
    const open: Route = {
      name: 'open',
      method: 'GET',
      path: 'open',
      role: undefined,
      handler: async () => ({ status: 200, jsonBody: {} }),
    };
    expect(await callHandler(toHandler(open), { query: {} })).toMatchObject({ status: 200 });
  });
});

describe('the query', () => {
  test.each([
    [{}, 'MissingApiVersionParameter'],
    [{ 'api-version': '' }, 'MissingApiVersionParameter'],
    [{ 'api-version': '2020-01-01' }, 'UnsupportedApiVersionValue'],
    [{ 'api-version': '2026-11-01', filter: 'x' }, 'UnknownQueryParameter'],
    [{ 'Api-Version': '2026-11-01' }, 'UnknownQueryParameter'],
  ])('%j is %s', async (query, code) => {
    const answer = await send({ query });
    expect(answer).toMatchObject({ status: 400, headers: problemHeaders(code), body: { code } });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('api-version') as string });
  });

  test('gets the supported versions when it names another', async () => {
    const answer = await send({ query: { 'api-version': '2020-01-01' } });
    expect(answer.body).toMatchObject({ detail: 'The api-version must be one of: 2026-11-01.' });
  });
});

describe('the trace id of a problem', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';

  test('is that of the traceparent', async () => {
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    expect((await send({ query: {}, headers })).body).toMatchObject({ traceId });
  });

  test.each([['garbage'], [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`], [`00-${traceId}-b7ad6b7169203331-01-x`]])(
    'is the request id without a usable traceparent: %s',
    async (traceparent) => {
      const answer = await send({ query: {}, headers: { traceparent } });
      expect(answer.body).toMatchObject({ traceId: answer.headers['x-ms-request-id']?.replaceAll('-', '') });
    },
  );
});

describe('a failure in the service', () => {
  const secret = 'Password=hunter2';

  test.each([
    [new Error(secret), 500, 'InternalError', undefined],
    [new RestError(secret, { statusCode: 403 }), 500, 'InternalError', undefined],
    [new RestError(secret, { statusCode: 503 }), 503, 'ServiceUnavailable', '10'],
    [new RestError(secret, { statusCode: 429 }), 503, 'ServiceUnavailable', '10'],
    [new RestError(secret, { code: 'REQUEST_SEND_ERROR' }), 503, 'ServiceUnavailable', '10'],
  ])('%s is %i and shows nothing', async (failure, status, code, retryAfter) => {
    const logged: string[] = [];
    const answer = await send({}, () => Promise.reject(failure), logged);
    expect(answer).toMatchObject({ status, headers: problemHeaders(code), body: { code } });
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(logged.join('\n')).toContain(answer.headers['x-ms-request-id']);
  });

  test('says when to come again as the service that is too busy does', async () => {
    const request = createPipelineRequest({ url: 'https://example.com' });
    const response = { request, status: 429, headers: createHttpHeaders({ 'retry-after': '17' }) };
    const answer = await send({}, () => Promise.reject(new RestError('Too many', { statusCode: 429, response })));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '17' } });
  });

  test('is logged without the request that an SDK hangs on its error', async () => {
    const logged: string[] = [];
    const failure = Object.assign(new RestError('The vault is down', { statusCode: 500 }), { body: secret });
    await send({}, () => Promise.reject(failure), logged);
    expect(logged.join('\n')).toContain('The vault is down');
    expect(logged.join('\n')).not.toContain('hunter2');
  });
});

describe('a body', () => {
  const schema = z.strictObject({
    name: z.string().min(2).max(4),
    kind: z.enum(['a', 'b']).optional(),
    inner: z.strictObject({ id: z.string().regex(/^x/) }).optional(),
  });
  const readName: Handler = async ({ request }) => ({ status: 200, jsonBody: await readJsonBody(request, schema) });
  const json = { 'content-type': 'application/json; charset=utf-8' };
  const put = (body: string | Uint8Array | undefined, headers: Record<string, string> = json) =>
    send({ method: 'PUT', headers, ...(body === undefined ? {} : { body }) }, readName);

  test('of the right shape is read', async () => {
    expect(await put('{"name":"abc"}')).toMatchObject({ status: 200, body: { name: 'abc' } });
    expect(await put(Buffer.from('\uFEFF{"name":"äöü"}'))).toMatchObject({ status: 200, body: { name: 'äöü' } });
  });

  test.each([['text/plain'], ['application/xml'], ['multipart/form-data'], ['application/jsonx'], ['']])(
    'of type %s is 415',
    async (type) => {
      expect(await put('{}', { 'content-type': type })).toMatchObject({ status: 415 });
    },
  );

  test('that did not arrive is told how to', async () => {
    const answer = await put(undefined);
    expect(answer).toMatchObject({ status: 400, headers: problemHeaders('EmptyBody') });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('Content-Length') as string });
  });

  test('has at most 64 KiB', async () => {
    const whole = (length: number) => `{"name":"abc"${' '.repeat(length - 14)}}`;
    expect(await put(whole(65_536))).toMatchObject({ status: 200 });
    expect(await put(whole(65_537))).toMatchObject({ status: 413, headers: problemHeaders('BodyTooLarge') });
  });

  test('that is not JSON is told where, and not repeated', async () => {
    const answer = await put('{\n "name": hunter2 }');
    expect(answer).toMatchObject({ status: 400, headers: problemHeaders('InvalidJson') });
    expect(answer.body).toMatchObject({ detail: expect.stringContaining('line 2, column 10') as string });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(await put(new Uint8Array([0x22, 0xc3, 0x28, 0x22]))).toMatchObject({
      headers: problemHeaders('InvalidJson'),
    });
    expect(await put('['.repeat(60_000))).toMatchObject({ headers: problemHeaders('InvalidJson') });
  });

  test.each([
    ['{}', '/name', 'Required'],
    ['[]', '', 'InvalidValue'],
    ['null', '', 'InvalidValue'],
    ['{"name":1}', '/name', 'InvalidValue'],
    ['{"name":null}', '/name', 'InvalidValue'],
    ['{"name":"a"}', '/name', 'InvalidValue'],
    ['{"name":"abcde"}', '/name', 'InvalidValue'],
    ['{"name":"abc","kind":"c"}', '/kind', 'InvalidValue'],
    ['{"name":"abc","inner":{}}', '/inner/id', 'Required'],
    ['{"name":"abc","inner":{"id":"y"}}', '/inner/id', 'InvalidValue'],
    ['{"name":"abc","__proto__":{"kind":"a"}}', '/__proto__', 'UnknownField'],
    ['{"name":"abc","constructor":1}', '/constructor', 'UnknownField'],
    ['{"name":"abc","inner":{"id":"x","a/b~":1}}', '/inner/a~1b~0', 'UnknownField'],
  ])('%s has an error at %j: %s', async (body, pointer, code) => {
    const answer = await put(body);
    expect(answer).toMatchObject({ status: 400, headers: problemHeaders('InvalidRequestBody') });
    const { errors } = answer.body as { errors: Record<string, string>[] };
    expect(errors).toEqual([
      { pointer, code, detail: expect.any(String) as string, remedy: expect.any(String) as string },
    ]);
  });

  test('with several errors is told all of them', async () => {
    const answer = await put('{"kind":"c","x":1,"y":2}');
    const { errors } = answer.body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/kind', '/name', '/x', '/y']);
  });
});

describe('conditional requests', () => {
  const etag = etagOf({ state: 'Ready' });
  const read: Handler = async ({ request }) => ({ status: isNotModified(request, etag) ? 304 : 200 });
  const write =
    (current: string | undefined): Handler =>
    async ({ request }) => {
      requirePreconditions(request, current);
      return { status: 200 };
    };

  test('an entity tag is strong and changes with the representation', () => {
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(etagOf({ state: 'Ready' })).toBe(etag);
    expect(etagOf({ state: 'Failed' })).not.toBe(etag);
  });

  test.each([
    ['if-none-match', etag, 304],
    ['if-none-match', `"other", W/${etag}`, 304],
    ['if-none-match', '*', 304],
    ['if-none-match', '"other"', 200],
    ['if-match', etag, 200],
    ['if-match', '"other"', 412],
    ['if-modified-since', 'Tue, 24 Nov 2026 00:00:00 GMT', 412],
  ])('reading with %s: %s is %i', async (header, value, status) => {
    expect(await send({ headers: { [header]: value } }, read)).toMatchObject({ status });
  });

  test.each([
    ['if-none-match', '*', etag, 412],
    ['if-none-match', '*', undefined, 200],
    ['if-none-match', etag, etag, 412],
    ['if-match', '*', undefined, 412],
    ['if-match', '*', etag, 200],
    ['if-match', etag, etag, 200],
    ['if-match', etag, undefined, 412],
    ['if-match', '"other"', etag, 412],
    ['if-match', `W/${etag}`, etag, 412],
    ['if-unmodified-since', 'Tue, 24 Nov 2026 00:00:00 GMT', etag, 412],
  ])('writing with %s: %s over %s is %i', async (header, value, current, status) => {
    expect(await send({ headers: { [header]: value } }, write(current))).toMatchObject({ status });
  });
});
