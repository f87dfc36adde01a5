import { afterAll, beforeAll, expect, test } from 'vitest';
import { reached, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import { tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

test('a replay whose own answer was lost on the way has begun, and keeps its new password', async () => {
  const setupId = 'lost-answer';
  await api.put(setupId);
  await api.reach(setupId, reached.failed);
  api.lostAnswers.loseNext({ method: 'POST', url: '$batch', retried: true });
  const body = JSON.stringify({ source: { password: 'new' } });
  const answer = await api.call('replaySetup', setupId, { headers: { 'content-type': 'application/json' }, body });
  expect(answer).toMatchObject({ status: 202, body: { attempt: 2 } });
  const { secretName, attempt } = await api.services.store.require({ tenantId, setupId });
  expect(attempt).toBe(2);
  expect(await api.services.secrets.get(secretName)).toBe('new');
  expect(api.durable.starts.at(-1)?.path).toContain(`${setupId}.2`);
});
