// A vault that refuses the service is told from one that does not answer: nothing but an operator changes that.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runActivity } from '../../../orchestrators/activities/run.ts';
import { reached, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import { tenantId } from '../../support/api/token-issuer.ts';
import { noClient } from '../../support/no-client.ts';

let api: HttpApi;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(() => api.closeVault(false));

const refused = (deed: string) => ({
  status: 503,
  body: {
    code: 'VaultRefused',
    detail: `Key Vault does not let the service ${deed} (ForbiddenByFirewall). Ask the operator of the service, with the traceId.`,
  },
});

test('a setup is not accepted while its password cannot be kept, and is when it can', async () => {
  api.closeVault(true);
  expect(await api.put('refused')).toMatchObject(refused('keep a password'));
  expect(await api.services.store.get({ tenantId, setupId: 'refused' })).toBeUndefined();
  api.closeVault(false);
  expect(await api.put('refused')).toMatchObject({ status: 201 });
});

test('a repeated PUT is not compared with a password that cannot be read', async () => {
  await api.put('repeated');
  api.closeVault(true);
  expect(await api.put('repeated')).toMatchObject(refused('read a password'));
});

test('a replay with a new password does not begin', async () => {
  await api.put('replayed');
  await api.reach('replayed', reached.failed);
  api.closeVault(true);
  const body = JSON.stringify({ source: { password: 'new' } });
  const answer = await api.call('replaySetup', 'replayed', { headers: { 'content-type': 'application/json' }, body });
  expect(answer).toMatchObject(refused('keep a password'));
  expect(await api.services.store.require({ tenantId, setupId: 'replayed' })).toMatchObject({ attempt: 1 });
});

test('an activity gives it as a failure, and does not throw it to be tried again', async () => {
  await api.put('working');
  const setup = await api.services.store.require({ tenantId, setupId: 'working' });
  api.closeVault(true);
  const { setupId, attempt, key } = setup;
  expect(await runActivity('holdsPassword', { tenantId, setupId, attempt, key }, api.services, noClient)).toEqual({
    failed: {
      code: 'VaultRefused',
      cause: 'Key Vault does not let the service read a password (ForbiddenByFirewall).',
      remedy: expect.stringContaining('Ask the operator of the service') as string,
    },
  });
});
