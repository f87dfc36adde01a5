/**
 * Plays schedules of races until one breaks an invariant: `npm run bench:races -- [schedules] [seed]`. Each round has the
 * seed after the one before. A schedule that failed is played again with `npm run bench:races -- 1 <seed> <path>`, as it
 * was printed.
 */
import { explore } from '../../test/support/races/explore.ts';
import { startIssuer } from '../../test/support/races/world.ts';

const SCHEDULES = 20_000;
/** So many between two lines of progress. */
const ROUND = 1_000;

const [schedules = SCHEDULES, first = Date.now() % 1_000_000_000, path] = process.argv.slice(2);
const begun = performance.now();
const issuer = await startIssuer();
try {
  let seed = Number(first);
  for (let played = 0; played < Number(schedules); seed += 1) {
    const wanted = { schedules: Math.min(ROUND, Number(schedules) - played), seed };
    const round = await explore(issuer, path === undefined ? wanted : { ...wanted, path });
    played += round.schedules;
    console.log(`${played} schedules in ${Math.round((performance.now() - begun) / 1000)} s, the last of seed ${seed}`);
    if (round.failure === undefined) continue;
    console.error(round.failure);
    process.exitCode = 1;
    break;
  }
} finally {
  await issuer.stop();
}
