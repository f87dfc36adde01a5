import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventType } from '../../local/host/durable/history.ts';
import type { InstanceHistory } from '../../local/host/server.ts';
import { replayHistory } from '../support/durable/history-replay.ts';
import { NotDeterministic } from '../support/durable/replay.ts';
import { answerWaits, recordedSetup, recordSetupHistories, setupApp } from '../support/setup/setup-histories.ts';
import { successfulWorld } from '../support/setup/setup-world.ts';
import { TaskHub } from '../support/durable/task-hub.ts';

const root = path.join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Histories that releases have left. Orchestrations that are under way when a release is deployed go on with its code, so
 * today's code must schedule what they hold.
 */
function readHistories(directory: string): { file: string; histories: InstanceHistory[] }[] {
  return readdirSync(directory).map((file) => ({
    file,
    histories: JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as InstanceHistory[],
  }));
}

const directoryOfReleases = path.join(import.meta.dirname, 'histories');
const releases = readdirSync(directoryOfReleases);
const storedOf = (release: string) => readHistories(path.join(directoryOfReleases, release));
const stored = releases.flatMap((release) => storedOf(release).map((kept) => ({ release, ...kept })));

let hub: TaskHub | undefined;
async function openHub(): Promise<TaskHub> {
  hub = await TaskHub.open({ appDirectory: setupApp, activities: successfulWorld().activities });
  return hub;
}
afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

describe.each(stored)('the stored $file of $release', ({ histories }) => {
  test.each(histories)('$name $status: the code of today schedules the same', async (history) => {
    await replayHistory((await openHub()).app, history);
  });

  test('does not replay when its activities had other inputs', async () => {
    const { app } = await openHub();
    const changed = histories
      .filter(({ events }) => events.some((event) => event.EventType === EventType.TaskScheduled))
      .map((history) => replayHistory(app, withOtherInputs(history)));
    expect(changed).not.toEqual([]);
    for (const replay of changed) await expect(replay).rejects.toThrow(NotDeterministic);
  });
});

describe('what a setup leaves today', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'histories-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('can be recorded, replayed, and taken up half done', async () => {
    await recordSetupHistories(directory);
    const recorded = readHistories(directory);
    expect(recorded.map(({ file }) => file)).toEqual(storedOf(version).map(({ file }) => file));
    const { app } = await openHub();
    for (const { histories } of recorded) for (const history of histories) await replayHistory(app, history);
  });
});

test('each release has left its histories', () => {
  const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8');
  const released = changelog.match(/(?<=^## \[)\d+\.\d+\.\d+(?=\] - \d{4}-\d\d-\d\d$)/gm);
  expect(released?.[0]).toBe(version);
  expect(new Set(releases)).toEqual(new Set(released));
});

test.each(releases)('a setup that release %s has left half done goes on to its end', async (release) => {
  const waiting = storedOf(release).find(({ file }) => file === 'waiting-for-runtime.json');
  const later = await openHub();
  await later.import(waiting?.histories ?? []);
  await answerWaits(later);
  expect(await later.untilEnd(recordedSetup)).toEqual({ status: 'Completed', output: { state: 'Ready' } });
});

function withOtherInputs(history: InstanceHistory): InstanceHistory {
  const events = history.events.map((event) =>
    event.EventType === EventType.TaskScheduled ? { ...event, Input: '"other"' } : event,
  );
  return { ...history, events };
}
