/** Time goes by: what is past its retention goes, and everything else works as before. */
import { TableServiceClient } from '@azure/data-tables';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleSetupBody } from '../../local/demo/sample-setup.ts';
import type { Sample } from '../../local/stack/databases.ts';
import { violations } from '../support/world/invariants.ts';
import { startWorld } from '../support/world/world.ts';
import type { World } from '../support/world/world.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let world: World;
let sample: Sample;

beforeAll(async () => {
  world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
  [sample] = world.endpoints.databases.samples;
});
afterAll(async () => {
  await world.close();
  await world.endpoints.stop();
});

/**
 * Every row of the state store as text, but for the audit, which has an age of its own, what waits for its purge, and the
 * places in factories, of which one row a factory counts them.
 */
async function rows(): Promise<string[]> {
  const service = new TableServiceClient(world.tableUrl, world.credential);
  const found: string[] = [];
  for await (const { name = '' } of service.listTables()) {
    if (['audit', 'ended', 'factories'].includes(name)) continue;
    for (const { etag: _etag, timestamp: _timestamp, ...row } of await world.inspect.rows(name)) {
      found.push(`${name} ${JSON.stringify(row)}`);
    }
  }
  return found.sort();
}

const rowsOf = async (setupId: string) => (await rows()).filter((row) => row.includes(`|${setupId}"`));
const historiesOf = (setupId: string) =>
  world.hub
    .histories()
    .map(({ id }) => id)
    .filter((id) => id.startsWith(`${world.endpoints.tenantId}.${setupId}.`));

/** What the API answers about the first attempt of a setup. */
async function answers(setupId: string): Promise<unknown[]> {
  const paths = ['', '/attempts', '/checks', '/companies'].map((path) => `migrationSetups/${setupId}${path}`);
  const asked = ['migrationSetups', ...paths, `operations/${setupId}.1`].map((path) => world.call('GET', path));
  return (await Promise.all(asked)).map(({ status, body }) => ({ status, body }));
}

test('histories go, then a deleted setup; what rests keeps its rows and can be replayed', async () => {
  await world.register(sample);
  await world.put('rests', sample, { password: 'not the one' });
  expect((await world.until('rests', 'Ready', 'Failed')).state).toBe('Failed');
  await world.runTimers();
  const before = await rows();
  await world.hub.advance(DAY);
  await world.begin('is-deleted', sample);
  expect((await world.until('is-deleted', 'Ready', 'Failed')).state).toBe('Ready');
  await world.delete('is-deleted');
  const { state, key } = await world.until('is-deleted', 'Deleted', 'Failed');
  expect(state).toBe('Deleted');
  expect(JSON.stringify(await world.inspect.rows('factories'))).toContain(key);
  await world.runTimers();

  // The one is past its retention, the other has a day left.
  await world.hub.advance(29 * DAY);
  const ofDeleted = [await rowsOf('is-deleted'), historiesOf('is-deleted')];
  const known = await answers('rests');
  expect(known).toMatchObject(known.map(() => ({ status: 200 })));
  expect(historiesOf('rests')).toContain(`${world.endpoints.tenantId}.rests.1`);
  const kept = await rowsOf('rests');
  await world.purge();
  expect(historiesOf('rests')).toEqual([]);
  expect(await rowsOf('rests')).toEqual(kept);
  expect(await answers('rests')).toEqual(known);
  expect([await rowsOf('is-deleted'), historiesOf('is-deleted')]).toEqual(ofDeleted);
  expect(historiesOf('is-deleted')).not.toEqual([]);

  await world.hub.advance(DAY + HOUR);
  await world.purge();
  expect(historiesOf('is-deleted')).toEqual([]);
  const left = (await rows()).filter((row) => !before.includes(row));
  // What outlives everything: whose a key was, and the numbers that go on.
  expect(left).toEqual([
    expect.stringMatching(/^setups .*\|is-deleted","rowKey":"numbers"/),
    expect.stringMatching(/^setups .*"partitionKey":"key\|.*"setupId":"is-deleted"/),
  ]);
  expect(await world.call('GET', 'migrationSetups/is-deleted')).toMatchObject({ status: 404 });
  expect(await world.inspect.rows('ended')).toEqual([]);
  expect(JSON.stringify(await world.inspect.rows('factories'))).not.toContain(key);

  const answer = await world.post('rests', 'replay', { source: { password: sample.source.password } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  world.bodies.set('rests', sampleSetupBody(sample));
  expect(await world.until('rests', 'Ready', 'Failed')).toMatchObject({ state: 'Ready', attempt: 2 });
  expect(await violations(world)).toEqual([]);
});
