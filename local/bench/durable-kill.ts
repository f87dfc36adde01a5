/** 200 kills of the Functions host in the middle of 5,000 orchestrations. `node local/bench/durable-kill.ts [KILLS]` */
import { killRun } from '../../test/support/durable/kill-run.ts';

const kills = Number(process.argv[2] ?? 200);
const orchestrations = 25 * kills;
const begin = performance.now();
const report = await killRun({ orchestrations, kills, seed: 2026 });
console.log(`${kills} kills (SIGKILL) in ${orchestrations} orchestrations: none lost, wrong or stuck`);
console.log(`${report.instances} instances with their children, ${report.activities} runs of activities`);
console.log(`${report.repeatedActivities} runs of activities repeated, because a kill came before their record`);
console.log(`${Math.round((performance.now() - begin) / 1_000)} seconds`);
