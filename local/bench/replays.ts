/**
 * 1,000 failed setups replayed in bulk, a third of which fail again, while the host is killed every few rounds and activities
 * fail and run twice. `node local/bench/replays.ts [SETUPS]`
 */
import { expectReplayedOnce, openBulkWorld, setupIds } from '../../test/support/replays/bulk-world.ts';
import { startTables } from '../../test/support/tables.ts';

const count = Number(process.argv[2] ?? 1_000);
const CHANGES_BETWEEN_KILLS = 97;
const faults = ['run twice', undefined, 'kill after', undefined, 'fail after', 'kill before', undefined] as const;

let rounds = 0;
const tables = await startTables();
const world = await openBulkWorld(tables, {
  activity: ({ name }) => (name === 'replayRound' ? faults[rounds++ % faults.length] : undefined),
  message: ({ instanceId }) => (instanceId.startsWith('replay.') ? 'deliver twice' : undefined),
});
const ids = setupIds(count);
await world.fail(ids);
ids.filter((_, index) => index % 3 === 0).forEach((id) => world.broken.add(id));
world.killAtChanges = Array.from({ length: Math.floor(count / 10) }, (_, kill) => (kill + 1) * CHANGES_BETWEEN_KILLS);
const begin = performance.now();
const virtual = world.hub.clock.now();
const replay = await world.untilEnd(await world.replay());
const seconds = Math.round((performance.now() - begin) / 1_000);
const virtualSeconds = Math.round((world.hub.clock.now() - virtual) / 1_000);
const kills = world.killAtChanges.filter((change) => change <= 0).length;
// What comes now is no work of the host.
world.killAtChanges = [];
await expectReplayedOnce(world, replay, ids);
console.log(`${count} failed setups replayed in bulk: each once, with the right result`);
console.log(`${rounds} runs of rounds, with ${kills} kills within them`);
console.log(`${virtualSeconds} s of virtual time at 600 a minute, ${seconds} s in truth`);
await world.close();
// Table Storage lasts as long as the process.
process.exit();
