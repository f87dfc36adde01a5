import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readHostSettings } from '../../local/host/settings.ts';
import { readSettings, settingsSchema } from '../../shared/config.ts';

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
}

const { Values: sample } = z
  .strictObject({ IsEncrypted: z.literal(false), Values: z.record(z.string(), z.string()) })
  .parse(readJson('local.settings.sample.json'));

// Settings of the Functions runtime: https://learn.microsoft.com/azure/azure-functions/functions-app-settings
const ofTheRuntime = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];

test('the sample settings are taken by the app', () => {
  expect(readSettings(sample)).toMatchObject({ MIGRATION_EVENT_TOPIC: 'setup-events' });
});

test('the sample has every setting, and no other', () => {
  const expected = [...ofTheRuntime, ...Object.keys(settingsSchema.shape)];
  expect(Object.keys(sample).toSorted()).toEqual(expected.toSorted());
});

test('the sample shows the defaults where there are some', () => {
  const required = Object.fromEntries(
    Object.entries(sample).filter(([name]) => !settingsSchema.safeParse({ ...sample, [name]: undefined }).success),
  );
  expect(readSettings(required)).toEqual(readSettings(sample));
});

test('the sample holds nothing to sign in with', () => {
  for (const value of Object.values(sample))
    expect(value).not.toMatch(/key=|password|secret|signature|sig=|[\w+/]{60,}/i);
});

// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-orchestration-versioning
test('host.json asks for an extension bundle that knows versions of orchestrations', () => {
  const host = z
    .looseObject({
      version: z.literal('2.0'),
      extensionBundle: z.object({ version: z.string() }),
      extensions: z.object({ durableTask: z.looseObject({ versionMatchStrategy: z.literal('CurrentOrOlder') }) }),
    })
    .parse(readJson('host.json'));
  const [major = 0, minor = 0] = host.extensionBundle.version.replace('[', '').split('.').map(Number);
  expect([major, minor]).toEqual([4, 30]);
});

test('the local host takes host.json as it is', () => {
  const { http, durableTask } = readHostSettings(fileURLToPath(new URL('../../', import.meta.url)), {});
  expect(http.routePrefix).toBe('api');
  expect(durableTask.hubName).toBe('CloudMigrationSetup');
});

// https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-bindings#hostjson-settings
test('host.json lets nobody wait for long after a worker was killed', () => {
  const visible = z.literal('00:01:00');
  const { durableTask } = z
    .object({
      extensions: z.object({
        durableTask: z.looseObject({
          useGracefulShutdown: z.literal(true),
          storageProvider: z.strictObject({
            partitionCount: z.int().min(1).max(16),
            controlQueueVisibilityTimeout: visible,
            workItemQueueVisibilityTimeout: visible,
            maxQueuePollingInterval: z.literal('00:00:10'),
          }),
        }),
      }),
    })
    .parse(readJson('host.json')).extensions;
  expect(durableTask.storageProvider.partitionCount).toBe(4);
});
