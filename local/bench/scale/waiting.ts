/** What setups cost that wait for their runtime, their ages even over a day. */
import { nextLook } from '../../../shared/waits/pause.ts';
import { startWorld } from '../../../test/support/world/world.ts';
import type { Figure } from './figure.ts';

const DAY_MS = 86_400_000;
const SETUP = 'scale-waits';

/** How often a wait of a day is looked at. */
function looksOfADay(): number {
  let looks = 0;
  let due = nextLook(new Date(0), new Date(0));
  for (; due.getTime() <= DAY_MS; due = nextLook(due, new Date(0))) looks += 1;
  return looks;
}

/** Lets one setup wait for a day, and counts. */
export async function measureWaiting(): Promise<Figure[]> {
  const looks = looksOfADay();
  const perSecond = (setups: number) => Number(((looks * setups * 1_000) / DAY_MS).toFixed(1));
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
      { name: 'storage operations a waiting setup and hour', value: Math.round(operations), bound: 60 },
    ];
  } finally {
    await world.close();
    await world.endpoints.stop();
  }
}
