/**
 * Setups under kills of the host and faults of every endpoint, in rounds with databases of their own:
 * `npm run bench:chaos -- [setups]`. A round is played again with `npm run bench:chaos -- <setups> <seed>`.
 */
import { playChaos } from '../../test/support/world/chaos.ts';

const SETUPS = 500;
/** So many at once. */
const ROUND = 25;

const [setups = SETUPS, firstSeed = 1] = process.argv.slice(2).map(Number);
const begun = performance.now();
const total = { setups: 0, ready: 0, failed: 0, kills: 0, virtualSeconds: 0 };
const faults: Record<string, number> = {};
for (let seed = firstSeed; total.setups < setups; seed += 1) {
  const count = Math.min(ROUND, setups - total.setups);
  const report = await playChaos({ setups: count, seed });
  total.setups += count;
  total.ready += report.ready;
  total.failed += report.failures.length;
  total.kills += report.kills;
  total.virtualSeconds += report.virtualSeconds;
  for (const [endpoint, counts] of Object.entries(report.faults)) {
    for (const [kind, number] of Object.entries(counts)) {
      faults[`${endpoint}: ${kind}`] = (faults[`${endpoint}: ${kind}`] ?? 0) + number;
    }
  }
  console.log(`seed ${seed}: ${JSON.stringify(total)} in ${Math.round((performance.now() - begun) / 1_000)} s`);
  for (const failure of report.failures) console.log(`  ${failure.slice(0, 300)}`);
  const wrong = [...report.violations, ...report.stillFailed];
  if (wrong.length === 0) continue;
  console.error(wrong.join('\n'));
  process.exitCode = 1;
  break;
}
console.table(faults);
