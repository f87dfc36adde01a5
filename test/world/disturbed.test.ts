/** Setups that are disturbed from outside, and end right. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sample } from '../../local/stack/databases.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import { clip } from '../../shared/clip.ts';
import type { Endpoints } from '../support/world/endpoints.ts';
import { startEndpoints } from '../support/world/endpoints.ts';
import { violations } from '../support/world/invariants.ts';
import { World } from '../support/world/world.ts';

const ROUNDS = 20;
const MINUTE = 60_000;

let endpoints: Endpoints;
let world: World;
/** One that stays ready, one on premises, and one that is used by many. */
let [kept, onPremises, shared]: Sample[] = [];

beforeAll(async () => {
  endpoints = await startEndpoints(['AzureSql', 'SqlServer', 'AzureSql'], 'Small');
  world = await World.open(endpoints);
  [kept, onPremises, shared] = endpoints.databases.samples;
});
afterAll(async () => {
  await world.close();
  await endpoints.stop();
});

function the(sample: Sample | undefined): Sample {
  if (sample === undefined) throw new Error('There is no such sample');
  return sample;
}

/** What a setup has in its factory and in its environment. */
async function belongings(sample: Sample) {
  return {
    entities: await world.inspect.entities(),
    claim: await world.inspect.mig(sample, 'destination', 'Claim'),
    mark: await world.inspect.mig(sample, 'destination', 'Environment'),
    plan: await world.inspect.mig(sample, 'destination', 'ReplicationTable'),
  };
}

/** Gives the state in which it ended; then everything of it is removed. */
async function becomeReady(setupId: string): Promise<string> {
  const { state } = await world.until(setupId, 'Ready', 'Failed');
  await world.delete(setupId, { removeSource: 'true' });
  await world.until(setupId, 'Deleted');
  return state;
}

async function cancel(setupId: string): Promise<string> {
  await world.post(setupId, 'cancel');
  return (await world.until(setupId, 'Canceled', 'Failed', 'Ready')).state;
}

describe('a setup', () => {
  test('that is ready stays as it is when its orchestration is started once more', async () => {
    const setupId = 'started-again';
    await world.begin(setupId, the(kept));
    const ready = await world.until(setupId, 'Ready', 'Failed');
    expect(ready.state).toBe('Ready');
    // As a replication run leaves it.
    await the(kept).execute('destination', 'UPDATE [mig].[ReplicationTable] SET [syncedVersion] = 42');
    const before = await belongings(the(kept));
    expect(before.plan.length).toBeGreaterThan(0);

    const instanceId = instanceIdOf(ready);
    const { input } = await world.client.getStatus(instanceId, { showInput: true });
    await world.client.startNew('setup', { instanceId, input });
    expect(await world.hub.untilEnd(instanceId)).toMatchObject({ output: { stopped: 'superseded' } });

    expect(await belongings(the(kept))).toEqual(before);
    expect(await world.head(setupId)).toEqual(ready);
    expect(await violations(world)).toEqual([]);
  });

  test('whose orchestration was terminated makes nothing when its node registers, and ends', async () => {
    const setupId = 'terminated';
    await world.begin(setupId, the(onPremises));
    await world.until(setupId, 'WaitingForRuntime');
    await world.terminate(setupId);
    await world.registerNode(setupId);
    const { key, failure } = await world.until(setupId, 'Failed', 'Ready');
    expect(failure).toMatchObject({ code: 'StepFailed', cause: expect.stringContaining('Terminated') as string });
    const made = (await world.inspect.entities()).filter((name) => name.includes(key));
    expect(made.filter((name) => !name.startsWith('staging/'))).toEqual([
      expect.stringMatching(/integrationRuntimes\/shir-/),
    ]);
    for (const side of ['source', 'destination'] as const) {
      expect(await world.inspect.objects(the(onPremises), side)).toEqual([]);
    }
    expect(await violations(world)).toEqual([]);
  });

  test('whose every activity outlasts its time-out, and is delivered again meanwhile, becomes ready and is removed', async () => {
    const setupId = 'delivered-again';
    const again = new Set<string>();
    world.activityFault = ({ name }) => {
      again.add(name);
      return 'outlast';
    };
    await world.begin(setupId, the(onPremises));
    await world.until(setupId, 'WaitingForRuntime');
    await world.registerNode(setupId);
    expect((await world.until(setupId, 'Ready', 'Failed')).state).toBe('Ready');
    const made = await belongings(the(onPremises));
    await world.delete(setupId, { removeSource: 'true' });
    expect((await world.until(setupId, 'Deleted', 'Failed')).state).toBe('Deleted');
    world.activityFault = () => undefined;
    expect(made.claim).toHaveLength(1);
    expect([...again]).toEqual(
      expect.arrayContaining(['openAttempt', 'startPreparation', 'evaluateChecks', 'putReplication']),
    );
    expect(await violations(world)).toEqual([]);
  });

  test('outlives ten minutes in which no service answers while it waits for its node', async () => {
    const setupId = 'outage';
    await world.begin(setupId, the(onPremises));
    await world.until(setupId, 'WaitingForRuntime');
    await world.registerNode(setupId);
    const { proxies } = endpoints;
    for (const proxy of Object.values(proxies)) proxy.decide = () => ({ when: 'before', answer: { status: 503 } });
    await world.advance(10 * MINUTE);
    for (const proxy of Object.values(proxies)) proxy.decide = () => undefined;
    expect((await world.head(setupId)).state).toBe('WaitingForRuntime');
    expect((await world.until(setupId, 'Ready', 'Failed')).state).toBe('Ready');
    expect(await violations(world)).toEqual([]);
  });

  test('that fails with a cause of 40,000 characters ends, and the whole cause is kept', async () => {
    const setupId = 'talkative';
    const cause = Array.from({ length: 4_000 }, (_, index) => `reason ${index}`).join(', ');
    expect(cause.length).toBeGreaterThan(40_000);
    // It is tried for an hour, in which nothing else happens.
    world.settleEveryMs = 60 * MINUTE;
    // Only the last of its tries says so much.
    let tries = 0;
    endpoints.proxies.dataFactory.decide = ({ method, path }) => {
      if (method !== 'PUT' || !path.includes('/datasets/')) return undefined;
      tries += 1;
      return { when: 'before', answer: { status: 503, message: tries < 118 ? 'It is busy.' : cause } };
    };
    await world.begin(setupId, the(shared));
    const { state, failure } = await world.until(setupId, 'Failed', 'Ready');
    endpoints.proxies.dataFactory.decide = () => undefined;
    world.settleEveryMs = MINUTE / 2;
    expect(state).toBe('Failed');
    const rows = await world.inspect.rows('setups');
    const whole = rows
      .filter(
        ({ partitionKey, rowKey }) => String(partitionKey).endsWith(setupId) && String(rowKey).startsWith('cause-'),
      )
      .map(({ data }) => (JSON.parse(String(data)) as { readonly text: string }).text)
      .join('');
    expect(whole.indexOf(cause), whole.slice(0, 500)).toBeGreaterThan(0);
    expect(failure?.cause).toBe(clip(whole));
    expect(await violations(world)).toEqual([]);
  });
});

test(`${ROUNDS} times two setups want one environment at once: one has it, the other is refused`, async () => {
  await world.register(the(shared));
  for (let round = 0; round < ROUNDS; round += 1) {
    const pair = [`first-${round}`, `second-${round}`];
    const answers = await Promise.all(pair.map((setupId) => world.put(setupId, the(shared))));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
    const winner = pair[answers.findIndex(({ status }) => status === 201)] ?? '';
    const loser = answers.find(({ status }) => status === 409);
    expect(loser?.body).toMatchObject({ code: 'EnvironmentInUse' });
    // The first and the last go all the way; the others only make room.
    const [end, made] = round % (ROUNDS - 1) === 0 ? [becomeReady, 'Ready'] : [cancel, 'Canceled'];
    expect(await end(winner)).toBe(made);
  }
  expect(await violations(world)).toEqual([]);
});

test('a database that another deployment has set up is refused with 50010, and nothing of that one is touched', async () => {
  const before = await belongings(the(kept));
  await world.close();
  const storage = await endpoints.startStorage();
  world = await World.open(endpoints, {
    settings: {
      MIGRATION_STATE_TABLE_ENDPOINT: storage.tableUrl,
      MIGRATION_EVENT_SOURCE: 'https://localhost/another-deployment',
    },
    tableUrl: storage.tableUrl,
  });
  // A directory of its own says that the same database is an environment of this tenant.
  await world.begin('stranger', { ...the(shared), destination: the(kept).destination });
  const { state, key, failure } = await world.until('stranger', 'Failed', 'Ready');
  expect({ state, failure }).toMatchObject({ state: 'Failed', failure: { code: '50010' } });
  const after = await belongings(the(kept));
  const own = after.entities.filter((name) => name !== `staging/containers/mig-${key}`);
  expect({ ...after, entities: own }).toEqual(before);
});
