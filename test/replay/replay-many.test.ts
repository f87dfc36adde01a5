import { describe, expect, test } from 'vitest';
import { roundSize } from '../../shared/replays/replay.ts';
import { handlers } from '../../orchestrators/handlers.ts';
import { play } from '../support/durable/replay.ts';
import type { World } from '../support/durable/replay.ts';

const MINUTE = 60_000;
const replayId = '99999999-9999-4999-8999-999999999999';

interface Bulk extends World {
  readonly clock: { now: number };
  /** When each setup was replayed, in milliseconds since the beginning. */
  readonly times: number[];
}

/** A world with as many setups, of which some are skipped; `replaced` stands in for its activities. */
function bulkWorld(setups: number, skipped = 0, replaced: World['activities'] = {}): Bulk {
  const clock = { now: 0 };
  const times: number[] = [];
  let done = 0;
  const replayRound = ({ size }: { size: number }) => {
    const begins = Math.min(size, setups - done);
    const begun = Array.from({ length: begins }, (_, index) => done + index).filter((each) => each >= skipped);
    done += begins;
    times.push(...begun.map(() => clock.now));
    return { begun: times.length, problems: [], ...(done < setups ? { last: `item-${done}` } : {}) };
  };
  const activities = {
    chooseSetups: () => ({ total: setups }),
    replayRound,
    endReplay: () => ({ state: 'Completed' }),
    ...replaced,
  };
  return { orchestrations: handlers, activities, clock, times };
}

const playBulk = (world: Bulk, perMinute: number) =>
  play(world, 'replayMany', { replayId, perMinute, begun: 0, pass: 1 }, world.clock);

describe('a bulk replay, replayed from the start after every step', () => {
  test('takes the time of its rate, and none after its last round', async () => {
    const world = bulkWorld(60);
    const { output } = await playBulk(world, 30);
    expect(output).toEqual({ state: 'Completed' });
    expect(world.times).toEqual(Array.from({ length: 60 }, (_, index) => Math.floor(index / 20) * 40_000));
    expect(world.clock.now).toBe(80_000);
  });

  test.each([
    [1, 4],
    [7, 30],
    [30, 100],
    [600, 1500],
  ])('at %i a minute begins no more than these in a minute and one round', async (perMinute, setups) => {
    const world = bulkWorld(setups);
    await playBulk(world, perMinute);
    expect(world.times).toHaveLength(setups);
    for (const begin of world.times) {
      const within = world.times.filter((time) => time >= begin && time < begin + MINUTE);
      expect(within.length).toBeLessThan(perMinute + roundSize(perMinute));
    }
  });

  test('takes no time for what it did not begin', async () => {
    const world = bulkWorld(60, 40);
    await playBulk(world, 30);
    expect(world.times).toEqual(Array.from({ length: 20 }, () => 0));
  });

  test('keeps the rate also when a round ran twice, with other setups', async () => {
    const totals = [40, 60];
    const world = bulkWorld(60, 0, {
      replayRound: () => {
        const begun = totals.shift() ?? 60;
        return { begun, problems: [], ...(begun < 60 ? { last: `item-${begun}` } : {}) };
      },
    });
    await playBulk(world, 30);
    expect(world.clock.now).toBe(80_000);
  });

  test('counts the time of a round itself', async () => {
    let rounds = 0;
    const world = bulkWorld(60, 0, {
      replayRound: () => {
        rounds += 1;
        world.clock.now += 90_000;
        return { begun: 20 * rounds, problems: [], ...(rounds < 3 ? { last: `item-${rounds}` } : {}) };
      },
    });
    await playBulk(world, 30);
    expect(world.clock.now).toBe(3 * 90_000);
  });

  test('chooses once, and keeps every history short', async () => {
    const { steps, historyRows } = await playBulk(bulkWorld(200), 600);
    expect(steps).toEqual(['chooseSetups', ...Array.from({ length: 10 }, () => 'replayRound'), 'endReplay']);
    expect(historyRows).toBeLessThan(20);
  });

  test('goes over those that are left every two minutes for an hour, and gives them up the last time', async () => {
    const passes: boolean[] = [];
    const world = bulkWorld(1, 0, {
      replayRound: ({ givesUp }: { givesUp: boolean }) => {
        passes.push(givesUp);
        return { begun: 0, problems: ['setup-1: the service does not answer'] };
      },
      endReplay: () => ({ state: passes.at(-1) === true ? 'Completed' : 'Running' }),
    });
    expect(await playBulk(world, 30)).toMatchObject({ output: { state: 'Completed' } });
    expect(passes).toEqual([...Array.from({ length: 29 }, () => false), true]);
    expect(world.clock.now).toBe(58 * MINUTE);
  });
});
