import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Services } from '../../../shared/services.ts';
import { lookNow, raiseCanceled } from '../../../shared/waits/look.ts';
import { startWaitingWorld } from '../../support/waits/waiting-world.ts';
import type { WaitingWorld } from '../../support/waits/waiting-world.ts';

const SCHEDULES = 100;
/** So many that a node often registers after the looks; none where its answer shall meet a cancellation. */
const STEPS_OF_AN_INSTALLATION = 5;
const HOUR = 3_600_000;

let world: WaitingWorld;
let services: Services;
let count = 0;

beforeAll(async () => {
  world = await startWaitingWorld();
  // What races uses no other gateway.
  services = world.services as Services;
});

afterAll(() => world.stop());

/** Each step is whole, and the scheduler says which is the next. What was sent is not in its report: it holds tokens. */
function gateBy(scheduler: fc.Scheduler): WaitingWorld['gate'] {
  return async (step, send) => {
    let sent: ReturnType<typeof send> | undefined;
    const builder = async () => {
      sent = send();
      await sent;
    };
    await scheduler.scheduleSequence([{ label: step, builder }]).task;
    return sent ?? send();
  };
}

/**
 * A setup has waited for ten hours, so that a pause is a quarter of an hour. The timer looks, somebody nudges, a node
 * registers and, if `canceling`, the attempt is cancelled: all at the same moment.
 * @returns what the orchestration was told by the next look, 5 s later
 */
async function race(scheduler: fc.Scheduler, canceling: boolean): Promise<unknown[]> {
  count += 1;
  const wait = await world.wait(`setup-${count}`);
  await world.clock.advance(10 * HOUR);
  const gate = gateBy(scheduler);
  world.gate = gate;
  const cancel = async () => {
    const open = await services.waits.get(wait);
    if (open !== undefined) await raiseCanceled(services, world.client, open);
  };
  const install = async () => {
    const steps = canceling ? 0 : STEPS_OF_AN_INSTALLATION;
    for (let step = 0; step < steps; step += 1) await gate('install', () => Promise.resolve());
    await gate('register', () => world.registerNode(`shir-${wait.setupId}`));
  };
  const actors = [world.look(), lookNow(services, world.client, wait), install(), ...(canceling ? [cancel()] : [])];
  await scheduler.waitFor(Promise.all(actors));
  world.gate = (_step, send) => send();
  await world.clock.advance(5_000);
  await world.look();
  await services.waits.close(wait);
  return world.raised(wait.instanceId).map(({ payload }) => payload);
}

test.each([
  ['no answer and no nudge', false, 'online'],
  ['no cancellation', true, 'canceled'],
])('%s is lost, whatever comes between two steps of a look', async (_what, canceling, told) => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      expect((await race(scheduler, canceling)).at(-1)).toMatchObject({ kind: told });
    }),
    { numRuns: SCHEDULES, endOnFailure: true },
  );
});
