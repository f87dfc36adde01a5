/**
 * How the service stands up to many setups, each figure with its bound: `npm run bench:scale`, or
 * `npm run -s bench:scale -- --json` for a machine. Counts are exact; what is a time is told as a ratio.
 */
import { loadavg } from 'node:os';
import { holds } from './scale/figure.ts';
import { measureSetups } from './scale/one-setup.ts';
import { measurePlacement } from './scale/placement.ts';
import { measureWaiting } from './scale/waiting.ts';

const isForMachine = process.argv.includes('--json');
const figures = [...(await measureSetups()), ...(await measureWaiting()), ...(await measurePlacement())];
const rows = figures.map((figure) => ({ ...figure, holds: holds(figure) }));
if (isForMachine) console.log(JSON.stringify({ figures: rows }));
else {
  console.table(rows);
  console.log(`load average: ${loadavg()[0]?.toFixed(1) ?? ''}`);
}
if (rows.some((row) => !row.holds)) process.exitCode = 1;
// What is shared in a process ends with it.
process.exit();
