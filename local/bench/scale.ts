/**
 * How the service stands up to many setups, each figure with its bound: `npm run bench:scale`, or
 * `npm run -s bench:scale -- --json` for a machine. Counts are exact; times depend on what else the machine does, which is
 * printed beside them. Those measured on hosts of their own come first, while this process is small.
 */
import { loadavg } from 'node:os';
import { measureAlone } from './scale/alone.ts';
import { holds } from './scale/figure.ts';
import { measureIdle } from './scale/idle.ts';
import { measureSetups } from './scale/one-setup.ts';
import { measurePlacement } from './scale/placement.ts';
import { measurePuts } from './scale/puts.ts';
import { measureReads } from './scale/reads.ts';
import { measureTimer } from './scale/timer.ts';
import { measureWaiting } from './scale/waiting.ts';

const isForMachine = process.argv.includes('--json');
const load = () => loadavg()[0]?.toFixed(1) ?? '';
const loadBefore = load();
const figures = [
  ...(await measureAlone()),
  ...(await measurePuts()),
  ...(await measureTimer()),
  ...(await measurePlacement()),
  ...(await measureSetups()),
  ...(await measureWaiting()),
  ...(await measureReads()),
  ...(await measureIdle()),
];
const rows = figures.map((figure) => ({ ...figure, holds: holds(figure) }));
if (isForMachine) console.log(JSON.stringify({ figures: rows }));
else {
  console.table(rows);
  console.log(`load average: ${loadBefore} before, ${load()} afterwards`);
}
if (rows.some((row) => !row.holds)) process.exitCode = 1;
// What is shared in a process ends with it.
process.exit();
