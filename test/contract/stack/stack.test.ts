import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient } from '@azure/service-bus';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import sql from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../../../local/stack/stack.ts';
import type { Stack } from '../../../local/stack/stack.ts';

const APP = dirname(fileURLToPath(import.meta.resolve('../fixtures/stack-app/app.ts')));

describe('a running stack', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ appDirectory: APP });
  }, 120_000);

  afterAll(async () => {
    await stack.stop();
  });

  function probe(): Promise<Response> {
    const query = new URLSearchParams({ ...stack.databases.samples[0].destination });
    return fetch(`${stack.host.url}/api/probe?${query.toString()}`, { method: 'POST' });
  }

  test('gives the app settings with which it reaches every service as itself', async () => {
    expect(await (await probe()).json()).toEqual({
      row: 'stored',
      blob: 'staged',
      secret: 'kept',
      factories: ['migration-factory-1', 'migration-factory-2', 'migration-factory-3'],
      companies: 1,
    });
  });

  test('has a source database that takes a password', async () => {
    const { server, database, userName, password } = stack.databases.samples[0].source;
    const [host = '', port] = server.split(',');
    const options = { encrypt: true, trustServerCertificate: false };
    const pool = await sql.connect({ server: host, port: Number(port), database, user: userName, password, options });
    const { recordset } = await pool.query<{ companies: number }>('SELECT COUNT(*) AS companies FROM [dbo].[Company]');
    await pool.close();
    expect(recordset[0]?.companies).toBe(3);
  });

  test('gives the app nothing of the environment of this process but what the system needs', async () => {
    process.env['STACK_TEST_LEAK'] = 'yes';
    await stack.host.kill();
    await stack.host.start();
    delete process.env['STACK_TEST_LEAK'];
    const names = (await (await fetch(`${stack.host.url}/api/settings`)).json()) as string[];
    expect(names).toEqual(expect.arrayContaining(Object.keys(stack.settings)));
    expect(names).not.toContain('STACK_TEST_LEAK');
  });

  test('delivers events to subscribers: all to one, failures to the other', async () => {
    const client = new ServiceBusClient(stack.serviceBus.fullyQualifiedNamespace, stack.credential('subscriber'));
    const all = await client.acceptNextSession('setup-events', 'provisioning');
    const failures = client.createReceiver('setup-events', 'failures');
    expect(all.sessionId).toBe('probe');
    const bodies = [...(await all.receiveMessages(1)), ...(await all.receiveMessages(1))].map(
      ({ body }) => body as unknown,
    );
    expect(bodies).toEqual([{ type: 'accepted' }, { type: 'failed' }]);
    expect((await failures.receiveMessages(1))[0]?.body).toEqual({ type: 'failed' });
    await client.close();
  });

  test('gives clients tokens that verify with the settings of the app', async () => {
    const { MIGRATION_TOKEN_KEYS_URL = '', MIGRATION_TOKEN_ISSUER = '', MIGRATION_TOKEN_AUDIENCE } = stack.settings;
    const keys = createRemoteJWKSet(new URL(MIGRATION_TOKEN_KEYS_URL));
    const tenants = await Promise.all(
      (['provisioning', 'customer', 'otherTenant'] as const).map(async (client) => {
        const token = await stack.accessToken(client);
        const { payload } = await jwtVerify(token, keys, { audience: MIGRATION_TOKEN_AUDIENCE ?? '' });
        expect(payload.iss).toBe(MIGRATION_TOKEN_ISSUER.replace('{tenantId}', String(payload['tid'])));
        expect(payload['roles']).toHaveLength(2);
        return payload['tid'];
      }),
    );
    expect(new Set(tenants).size).toBe(3);
    expect(tenants.slice(0, 2)).toEqual([stack.settings['MIGRATION_PROVIDER_TENANT'], stack.tenantId]);
  });

  test('brings the app back at the same address after a crash', async () => {
    const { url } = stack.host;
    await stack.host.kill();
    await expect(fetch(`${url}/api/settings`)).rejects.toThrow(/fetch failed/);
    await stack.host.start();
    expect((await fetch(`${stack.host.url}/api/settings`)).status).toBe(200);
    expect(stack.host.url).toBe(url);
  });

  test('has the management API of the orchestrations, before and after a crash', async () => {
    const url = stack.host.managementUrl('instances', { top: '1' });
    const answer = await fetch(url);
    expect([answer.status, await answer.json()]).toEqual([200, []]);
    url.searchParams.delete('code');
    expect((await fetch(url)).status).toBe(401);
  });

  test('keeps log lines of its parts, without a secret', () => {
    const lines = stack.logs().join('\n');
    expect(lines).toContain('key-vault: PUT /secrets/probe 200');
    expect(lines).not.toContain('kept');
    expect(lines).not.toContain(stack.settings['IDENTITY_HEADER']);
  });

  test('answers no more when it has stopped, and leaves no file', async () => {
    const directory = dirname(stack.certificateFile);
    expect(existsSync(directory)).toBe(true);
    await stack.stop();
    expect(existsSync(directory)).toBe(false);
    for (const url of [stack.identity.url, stack.dataFactory.url, stack.host.url]) {
      await expect(fetch(url)).rejects.toThrow(/fetch failed/);
    }
    expect(stack.logs().at(-1)).toMatch(/^storage: Azurite .* successfully closed$/);
  });
});
