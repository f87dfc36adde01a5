/** What a run of the timer that settles setups costs when thousands are active and none needs anything. */
import { startRecorder } from '../../../test/support/api/http-services.ts';
import { ACTIVE_SETUPS, passADay, RUN_EVERY_MS } from '../../../test/support/setup/active-day.ts';
import { newSetupTable } from '../../../test/support/setup/setup-table.ts';
import { settleAll } from '../../../test/support/setup/settle-all.ts';
import { TablesInMemory } from '../../../test/support/tables-in-memory/storage.ts';
import { rounded } from './figure.ts';
import type { Figure } from './figure.ts';
import { latency } from './latency.ts';

const RUNS = 4;

/** Lets the timer run some times at the end of a day. */
export async function measureTimer(): Promise<Figure[]> {
  let requests = 0;
  let isMeasured = false;
  const gate = async <Answer>(_step: string, answer: () => Answer) => {
    requests += 1;
    if (isMeasured) await latency();
    return answer();
  };
  const setups = newSetupTable(new TablesInMemory({ gate }));
  const durable = await startRecorder();
  try {
    await passADay(setups, durable, RUNS);
    isMeasured = true;
    const runs = [];
    for (let run = 0; run < RUNS; run += 1) {
      [requests, durable.questions.length] = [0, 0];
      const begun = performance.now();
      await settleAll(setups, durable.url, () => Promise.resolve());
      runs.push({ requests: requests + durable.questions.length, seconds: (performance.now() - begun) / 1_000 });
      setups.passSeconds(RUN_EVERY_MS / 1_000);
    }
    const timer = `timer, ${ACTIVE_SETUPS} active setups`;
    return [
      { name: `${timer}: requests`, value: Math.max(...runs.map((run) => run.requests)), bound: 100 },
      { name: `${timer}: seconds`, value: rounded(Math.max(...runs.map((run) => run.seconds)), 2), bound: 2 },
    ];
  } finally {
    await durable.stop();
  }
}
