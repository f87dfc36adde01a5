import { expect, test } from 'vitest';
import type { ReplicationRunInput, RunOutcome } from '../../shared/replication/run.ts';
import { play } from '../support/durable/replay.ts';
import type { World } from '../support/durable/replay.ts';
import { setupInput, successfulWorld } from '../support/setup/setup-world.ts';

const { tenantId, setupId, attempt, key } = setupInput;
const input: ReplicationRunInput = { tenantId, setupId, attempt, key, run: { number: 2, start: 1 }, mode: 'delta' };
const DAY_MS = 24 * 60 * 60_000;

/** Plays a run; gives its steps, how it ended, and what was noted of that. */
async function playRun(activities: World['activities'] = {}, events: World['events'] = {}, given = input) {
  const outcomes: RunOutcome[] = [];
  const closed: string[] = [];
  const world = successfulWorld(
    {
      endRun: ({ outcome }: { outcome: RunOutcome }) => {
        outcomes.push(outcome);
        return { published: true };
      },
      closeRun: ({ error }: { error: string }) => {
        closed.push(error);
        return { tables: 10, succeededTables: 10, failedTables: 0, rows: 100 };
      },
      ...activities,
    },
    events,
  );
  const clock = { now: Date.UTC(2026, 10, 24) };
  const begin = clock.now;
  const { steps, output } = await play(world, 'replicationRun', given, clock);
  return { steps, output, outcome: outcomes.at(-1), closed, lastedMs: clock.now - begin };
}

const begun = ['readCheckpoints', 'renewStaging', 'refreshPlan', 'beginRun', 'startReplication'];

test('starts its pipeline, waits for it, and counts', async () => {
  const { steps, output, outcome, closed } = await playRun();
  expect(output).toEqual({ state: 'Succeeded' });
  expect(steps).toEqual([...begun, 'closeRun', 'endRun']);
  expect(closed).toEqual(['']);
  expect(outcome).toEqual({
    state: 'Succeeded',
    counts: { tables: 10, succeededTables: 10, failedTables: 0, rows: 100 },
  });
});

test('one of which tables fail says how many, and why the pipeline failed', async () => {
  const counts = { tables: 10, succeededTables: 7, failedTables: 3, rows: 70 };
  const message = '3 of 10 tables failed.';
  const { output, outcome } = await playRun(
    { closeRun: () => counts },
    { replication: () => ({ kind: 'ended', status: 'Failed', message }) },
  );
  expect(output).toEqual({ state: 'Failed' });
  expect(outcome).toMatchObject({ state: 'Failed', counts, failure: { code: 'TablesFailed' } });
});

test.each([
  ['Failed', 'The runtime is offline.', 'The runtime is offline.'],
  ['Cancelled', '', 'Its pipeline was cancelled in the data factory.'],
])('one whose pipeline ends as %s without its tables says why', async (status, message, cause) => {
  const counts = { tables: 10, succeededTables: 0, failedTables: 10, rows: 0 };
  const { outcome } = await playRun(
    { closeRun: () => counts },
    { replication: () => ({ kind: 'ended', status, message }) },
  );
  expect(outcome).toMatchObject({ state: 'Failed', failure: { code: 'ReplicationFailed', cause } });
});

const stop = ['cancelReplication', 'closeRun', 'endRun'];

test('one that is canceled while it waits ends its pipeline, and waits until that has ended', async () => {
  let asked = 0;
  const { steps, output, closed } = await playRun(
    { cancelReplication: () => ({ active: (asked += 1) < 3 ? 1 : 0 }) },
    { replication: () => ({ kind: 'canceled' }) },
  );
  expect(output).toEqual({ state: 'Canceled' });
  expect(steps.filter((step) => step === 'cancelReplication')).toHaveLength(3);
  expect(steps.slice(-2)).toEqual(['closeRun', 'endRun']);
  expect(closed).toEqual(['The replication run was canceled.']);
});

test.each(['renewStaging', 'refreshPlan', 'beginRun', 'startReplication'])(
  'one that is canceled before %s starts nothing more',
  async (activity) => {
    const { steps, output } = await playRun({ [activity]: () => ({ stopped: 'canceled' }) });
    expect(output).toEqual({ state: 'Canceled' });
    expect(steps).toEqual([...begun.slice(0, begun.indexOf(activity) + 1), ...stop]);
  },
);

test.each([...begun.slice(1), 'closeRun', 'endRun'])(
  'one whose run another orchestration has taken over at %s does nothing more',
  async (activity) => {
    const { steps, output } = await playRun({ [activity]: () => ({ stopped: 'superseded' }) });
    expect(output).toEqual({ stopped: 'superseded' });
    expect(steps.at(-1)).toBe(activity);
  },
);

test('one whose step fails in all its tries ends what may have been started, and says why', async () => {
  const { output, outcome, steps } = await playRun({
    startReplication: () => {
      throw new Error('the factory does not answer');
    },
  });
  expect(output).toEqual({ state: 'Failed' });
  expect(outcome?.failure?.cause).toContain('the factory does not answer');
  expect(steps.slice(-3)).toEqual(stop);
});

test('one whose pipeline does not end is given up after five days', async () => {
  const { outcome, steps, lastedMs } = await playRun({}, { replication: () => undefined });
  expect(outcome?.failure?.cause).toBe('It had not ended after 5 days.');
  expect(lastedMs).toBeGreaterThanOrEqual(5 * DAY_MS);
  expect(steps.slice(-3)).toEqual(stop);
});

test('a retry tells its pipeline which run it follows', async () => {
  const given: unknown[] = [];
  await playRun(
    {
      startReplication: (asked: unknown) => {
        given.push(asked);
        return { runId: 'run' };
      },
    },
    {},
    { ...input, retryOf: 1 },
  );
  expect(given[0]).toMatchObject({ mode: 'delta', retryOf: 1, run: { number: 2, start: 1 } });
});
