/** Random orchestration programs, on the engine and interpreted. `node local/bench/durable-model.ts [PROGRAMS]` */
import { checkPrograms, checkProgramsWithFaults } from '../../test/support/durable/program-check.ts';

const programs = Number(process.argv[2] ?? 5_000);
const begin = performance.now();
await checkPrograms({ programs });
console.log(`${programs} random programs: results and times as interpreted`);
await checkProgramsWithFaults({ programs });
console.log(`${programs} random programs with kills, second runs, second and late messages: results as interpreted`);
console.log(`${Math.round((performance.now() - begin) / 1_000)} seconds`);
