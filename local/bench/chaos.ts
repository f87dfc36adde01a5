/**
 * Setups under kills of the host and faults of every endpoint, in rounds with databases of their own, each in a process of
 * its own, as many at once as there are processors: `npm run bench:chaos -- [setups]`. A round is played again with
 * `npm run bench:chaos -- <setups> <seed>`.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pMap from 'p-map';
import { playChaos } from '../../test/support/world/chaos.ts';
import type { ChaosReport } from '../../test/support/world/chaos.ts';

const SETUPS = 500;
/** So many at once. */
const ROUND = 25;
/** What a round may print: every failure has its text. */
const MOST_OUTPUT = 16 * 1024 * 1024;

interface Round {
  readonly seed: number;
  readonly setups: number;
}

const [first = '', ...others] = process.argv.slice(2);
if (first === 'round') {
  const [setups = 0, seed = 0] = others.map(Number);
  console.log(JSON.stringify(await playChaos({ setups, seed })));
  process.exit();
}
await playRounds(first === '' ? SETUPS : Number(first), Number(others[0] ?? 1));

async function playRounds(setups: number, firstSeed: number): Promise<void> {
  const rounds = Array.from({ length: Math.ceil(setups / ROUND) }, (_, index): Round => ({
    seed: firstSeed + index,
    setups: Math.min(ROUND, setups - index * ROUND),
  }));
  const total = { setups: 0, ready: 0, failed: 0, kills: 0, virtualSeconds: 0 };
  const faults: Record<string, number> = {};
  const begun = performance.now();
  await pMap(
    rounds,
    async (round) => {
      const report = await inProcess(round);
      total.setups += round.setups;
      total.ready += report.ready;
      total.failed += report.failures.length;
      total.kills += report.kills;
      total.virtualSeconds += report.virtualSeconds;
      for (const [endpoint, counts] of Object.entries(report.faults)) {
        for (const number of Object.values(counts)) faults[endpoint] = (faults[endpoint] ?? 0) + number;
      }
      console.log(
        `seed ${round.seed}: ${JSON.stringify(total)} in ${Math.round((performance.now() - begun) / 1_000)} s`,
      );
      const wrong = [...report.violations, ...report.stillFailed];
      if (wrong.length === 0) return;
      console.error(`seed ${round.seed}: ${wrong.join('\n')}`);
      process.exitCode = 1;
    },
    { concurrency: availableParallelism() },
  );
  console.table(faults);
}

async function inProcess({ seed, setups }: Round): Promise<ChaosReport> {
  const asked = [fileURLToPath(import.meta.url), 'round', String(setups), String(seed)];
  const { stdout } = await promisify(execFile)(process.execPath, asked, { maxBuffer: MOST_OUTPUT });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ChaosReport;
}
