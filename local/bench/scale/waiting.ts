/** What setups cost that wait for their runtime, their ages even over a day. */
import { nextLook } from '../../../shared/waits/pause.ts';
import { startWorld } from '../../../test/support/world/world.ts';
import { rounded } from './figure.ts';
import type { Figure } from './figure.ts';

const DAY_MS = 86_400_000;
/** How often the timer looks after waits, and how much later it has read the wait that it looks at. */
const [TIMER_MS, MOMENT_MS] = [5_000, 50];
const SHORTEST_PAUSE_MS = 5_000;
/** Waits that began at moments spread over the pause between two runs of the timer. */
const BEGINNINGS = Array.from({ length: 50 }, (_, index) => (index * TIMER_MS) / 50);
const SETUP = 'scale-waits';

/**
 * When a wait of a day is looked at, in milliseconds since it began: in the first run of the timer at which it is due.
 * @param since when it began, in milliseconds after a run
 */
function looksOfADay(since: number): number[] {
  const looks: number[] = [];
  for (let now = since; ;) {
    const due = nextLook(new Date(now), new Date(since)).getTime();
    now = Math.ceil(due / TIMER_MS) * TIMER_MS + MOMENT_MS;
    if (now - since > DAY_MS) return looks;
    looks.push(now - since);
  }
}

/** The longest time from a node that is online just after a look to the next one, beside what it may take. */
function longestPause(looks: readonly number[]): number {
  const pauses = looks.map((look, index) => {
    const pause = look - (looks[index - 1] ?? 0) - MOMENT_MS;
    return pause / Math.max(SHORTEST_PAUSE_MS, look / 10);
  });
  return Math.max(...pauses);
}

/** Lets one setup wait for a day, and counts. */
export async function measureWaiting(): Promise<Figure[]> {
  const waits = BEGINNINGS.map(looksOfADay);
  const looks = waits.reduce((sum, wait) => sum + wait.length, 0) / waits.length;
  const perSecond = (setups: number) => rounded((looks * setups * 1_000) / DAY_MS, 1);
  const world = await startWorld({ samples: ['SqlServer'], size: 'Small' });
  try {
    const [sample] = world.endpoints.databases.samples;
    const { tables } = world.endpoints.proxies;
    const requestsOfADay = async () => {
      tables.passed.length = 0;
      await world.advance(DAY_MS);
      return tables.passed.length;
    };
    const ofTimers = await requestsOfADay();
    await world.begin(SETUP, sample);
    await world.until(SETUP, 'WaitingForRuntime');
    // The status of the orchestration is asked at each look: one operation of the storage back end.
    const operations = ((await requestsOfADay()) - ofTimers + looks) / 24;
    return [
      { name: 'requests to Resource Manager a second, 1,000 waiting', value: perSecond(1_000), bound: 2 },
      { name: 'requests to Resource Manager a second, 10,000 waiting', value: perSecond(10_000), bound: 18 },
      { name: 'storage operations a waiting setup and hour', value: rounded(operations), bound: 60 },
      {
        name: 'node online to noticed without a nudge, beside 10 % of the time waited, at least 5 s',
        value: rounded(Math.max(...waits.map(longestPause)), 2),
        bound: 1,
      },
    ];
  } finally {
    await world.close();
    await world.endpoints.stop();
  }
}
