import { getClient } from 'durable-functions';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startMeasuring } from '../../../functions/timers/measure-factories.ts';
import type { Services } from '../../../shared/services.ts';
import { contextFor, settingsFor } from '../../support/api/http-call.ts';
import { startRecorder } from '../../support/api/http-services.ts';
import type { StartRecorder } from '../../support/api/http-services.ts';

const settings = settingsFor({ issuer: 'https://unused/{tenantId}', audience: 'api', keysUrl: 'https://unused' });

let durable: StartRecorder;

beforeEach(async () => {
  durable = await startRecorder();
  onTestFinished(() => durable.stop());
});

/** The timer uses no other gateway. */
const run = () => startMeasuring(getClient(contextFor([], durable.url)), { settings } as Partial<Services> as Services);

test.each([undefined, 'Completed', 'Failed', 'Terminated'])(
  'factories are counted when the last time is %s',
  async (status) => {
    if (status !== undefined) durable.statuses.set('factories', status);
    await run();
    expect(durable.starts.map(({ path }) => path)).toEqual(['/orchestrators/measureFactories/factories']);
    expect(JSON.parse(durable.starts[0]?.body ?? '')).toEqual({ factories: settings.MIGRATION_FACTORIES });
  },
);

test.each(['Pending', 'Running', 'Suspended'])('one count at a time: not while it is %s', async (status) => {
  durable.statuses.set('factories', status);
  await run();
  expect(durable.starts).toEqual([]);
});
