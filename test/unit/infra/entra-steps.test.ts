import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = path.join(import.meta.dirname, '../../../infra/entra/main.ts');
const subscription = { AZURE_SUBSCRIPTION_ID: '33333333-3333-4333-8333-333333333333' };

/** Runs a step as a hook of azd does, where nobody is signed in. */
async function run(step: string, environment: Readonly<Record<string, string>>): Promise<string> {
  // Without a path, neither azd nor az is there to sign in by.
  const env = { AZURE_ENV_NAME: 'contoso', PATH: '', ...environment };
  return (await promisify(execFile)(process.execPath, [main, step], { env })).stdout;
}

test('the API is registered also before azd has asked for the subscription', async () => {
  await expect(run('register', {})).rejects.toThrow(/Credential/);
});

test('a deployment that has no name is not registered', async () => {
  await expect(run('register', { AZURE_ENV_NAME: '' })).rejects.toThrow(/AZURE_ENV_NAME/);
});

test.each([{ MIGRATION_STAGE: 'test' }, { MIGRATION_STAGE: 'production' }, {}])(
  'nothing is removed for good unless it is known to be a trial: %j',
  async (stage) => {
    expect(await run('remove', { ...subscription, ...stage })).toMatch(/^cloud-migration-setup-contoso .+ stay: /);
  },
);

test('a trial is removed', async () => {
  await expect(run('remove', { ...subscription, MIGRATION_STAGE: 'dev' })).rejects.toThrow(/Credential/);
});
