/**
 * Plays schedules of races until one breaks an invariant: `npm run bench:races -- [schedules]`. A schedule that failed is
 * played again with `npm run bench:races -- 1 <seed> <path>`, as it was printed.
 */
import { explore } from '../../test/support/races/explore.ts';
import { startIssuer } from '../../test/support/races/world.ts';

const SCHEDULES = 20_000;
/** So many between two lines of progress. */
const ROUND = 1_000;

const [schedules = SCHEDULES, seed, path] = process.argv.slice(2);
const replayed = seed === undefined || path === undefined ? {} : { seed: Number(seed), path };
const begun = performance.now();
const issuer = await startIssuer();
try {
  for (let played = 0; played < Number(schedules);) {
    const round = await explore(issuer, { schedules: Math.min(ROUND, Number(schedules) - played), ...replayed });
    played += round.schedules;
    console.log(`${played} schedules in ${Math.round((performance.now() - begun) / 1000)} s`);
    if (round.failure === undefined) continue;
    console.error(round.failure);
    process.exitCode = 1;
    break;
  }
} finally {
  await issuer.stop();
}
