/**
 * What a timer does for setups that were left behind: starts those that were accepted and never started, gives those
 * whose orchestration is dead to a cleanup, lets replication runs go on, and publishes what was not published.
 */
import type { DurableClient } from 'durable-functions';
import pMap from 'p-map';
import { messageOf } from '../../shared/error-message.ts';
import { activeWorkerOf } from '../../shared/replication/run.ts';
import type { Services } from '../../shared/services.ts';
import type { ActiveSetup, LookedAt } from '../../shared/setup/active.ts';
import { firstLook, nextLook } from '../../shared/setup/due.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import { restingStates } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { measure } from '../../shared/telemetry/metrics.ts';
import { keepGoing } from './keep-going.ts';

/** A setup that has no row yet may be late: its request goes on after a pause of its host. */
const MISSING_GRACE_MS = 15 * 60_000;
const AT_ONCE = 16;
/** What is left is for the events, so that neither keeps the other waiting for ever. */
const LOOKS_MS = 15_000;
/** Ends well before the next run, and before the host would end it. */
const BUDGET_MS = 25_000;

/** One run of the timer. */
interface Round {
  readonly client: DurableClient;
  readonly services: Services;
  readonly begun: Date;
  /** What went wrong, each with the setup. */
  readonly failures: Error[];
}

/**
 * Looks at every setup that is due, those that are due longest first, and publishes events that were not published. One that
 * fails does not keep the others waiting; what there was no time for stays due.
 * @throws {AggregateError} with what failed
 */
export async function settleSetups(client: DurableClient, services: Services): Promise<void> {
  const { active } = services;
  const round: Round = { client, services, begun: services.clock.now(), failures: [] };
  const looked: LookedAt[] = [];
  await forEach(round, await active.due(), LOOKS_MS, async (setup) => {
    // What fails is due again, after those that there was no time for.
    let due: Date | undefined = services.clock.now();
    try {
      due = await look(round, setup);
    } finally {
      if (due !== undefined) looked.push({ setup, due });
    }
  });
  try {
    await active.postpone(looked);
  } catch (error) {
    round.failures.push(new Error(`Due times: ${messageOf(error)}`, { cause: error }));
  }
  // Last, because a bus that is silent must keep nobody from being started.
  const untold = await active.untold();
  const now = services.clock.now().getTime();
  const oldest = Math.min(now, ...untold.map(({ since }) => since.getTime()));
  measure('outboxDepth', untold.length, {});
  measure('outboxAge', (now - oldest) / 1_000, {});
  await forEach(round, untold, BUDGET_MS, async (setup) => {
    if (services.publisher.isPaused) return;
    await services.publisher.publishPending(setup);
    await active.told(setup);
  });
  const { failures } = round;
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

async function forEach<Setup extends SetupKey>(
  { services: { clock }, begun, failures }: Round,
  setups: readonly Setup[],
  budgetMs: number,
  step: (setup: Setup) => Promise<void>,
): Promise<void> {
  await pMap(
    setups,
    async (setup) => {
      if (clock.now().getTime() > begun.getTime() + budgetMs) return;
      try {
        await step(setup);
      } catch (error) {
        failures.push(new Error(`Setup ${setup.setupId}: ${messageOf(error)}`, { cause: error }));
      }
    },
    { concurrency: AT_ONCE },
  );
}

/** Looks at a setup. @returns when it is due again; undefined if it is forgotten */
async function look({ client, services }: Round, listed: ActiveSetup): Promise<Date | undefined> {
  const { store, active, clock } = services;
  const { setup, isUntold } = await store.standing(listed);
  const now = clock.now();
  const isOld = now.getTime() - listed.since.getTime() > MISSING_GRACE_MS;
  if (setup === undefined) {
    if (!isOld) return nextLook(now, listed.since);
    await active.remove(listed);
    return undefined;
  }
  const neededSomething = await keepGoing(setup, client, services);
  if (isUntold) await active.noteUntold(listed);
  if (neededSomething) return firstLook(now);
  const changedAt = new Date(setup.lastModifiedAt);
  // One that was noted after its last change is about to be begun anew.
  const isBegunAnew = listed.since > changedAt && !isOld;
  if (isUntold || isBegunAnew || !isAtRest(setup)) {
    return nextLook(now, listed.since > changedAt ? listed.since : changedAt);
  }
  await forget(setup, listed, services);
  return undefined;
}

function isAtRest(setup: SetupRecord): boolean {
  return restingStates.includes(setup.state) && setup.deletion?.begun !== false && activeWorkerOf(setup) === undefined;
}

/** A setup that rests and has told everybody needs nothing more. Whoever changes it from now on has noted it anew. */
async function forget(
  setup: SetupRecord,
  listed: ActiveSetup,
  { store, active, index, ended }: Services,
): Promise<void> {
  // Whoever changed it may have ended before the lists knew.
  await index.put(setup);
  await store.moveAudits(setup);
  const { tenantId, setupId, lastModifiedAt } = setup;
  await ended.note({ kind: 'setup', tenantId, setupId }, new Date(lastModifiedAt));
  await active.remove(listed);
}
