/** What a timer does for setups that wait: it asks the factories, and tells the orchestrations what it finds. */
import type { InvocationContext } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import pMap from 'p-map';
import { messageOf } from '../../shared/error-message.ts';
import { factoryKey } from '../../shared/factory/names.ts';
import type { Services } from '../../shared/services.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import { orchestrationOf, orchestrationStatus } from '../../shared/setup/start.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { ask, askRuns, isAwaitedRun, raiseCanceled, tell } from '../../shared/waits/look.ts';
import type { AwaitedRun } from '../../shared/waits/look.ts';
import { standingOf } from '../../shared/waits/wait.ts';
import type { Wait, WaitAnswer } from '../../shared/waits/wait.ts';

const AT_ONCE = { concurrency: 16 };
/** A wait that was not looked at by then is still due, and comes first next time. */
const BUDGET_MS = 60_000;

/** One run of the timer. */
interface Round {
  readonly services: Services;
  readonly client: DurableClient;
  /** Milliseconds since the epoch after which no wait is begun with. */
  readonly end: number;
  /** Factories that did not answer, by name, each with a reason. */
  readonly silent: Map<string, string>;
  /** What else went wrong. */
  readonly failures: Error[];
}

/**
 * Looks at every wait that is due: one question a factory for all its runs, one a runtime. A question that fails counts
 * as no answer; each factory that did not answer is named once in the log.
 * @throws {AggregateError} with what else failed, after all other waits were looked at
 */
export async function lookAfterWaits(
  client: DurableClient,
  services: Services,
  log: Pick<InvocationContext, 'warn'>,
): Promise<void> {
  const end = services.clock.now().getTime() + BUDGET_MS;
  const round: Round = { services, client, end, silent: new Map(), failures: [] };
  const due = await services.waits.due();
  const looks = looksAt(
    round,
    due.toSorted((a, b) => a.due.getTime() - b.due.getTime()),
  );
  await pMap(looks, (look) => look(), AT_ONCE);
  for (const [factory, reason] of round.silent) {
    log.warn(`Factory ${factory} does not answer what setups wait for; they are looked at again later:`, reason);
  }
  const { failures } = round;
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
}

/** The looks, each with at most one question. */
function looksAt(round: Round, waits: readonly Wait[]): (() => Promise<void>)[] {
  const runs = Map.groupBy(waits.filter(isAwaitedRun), ({ target }) => factoryKey(target.factory));
  return [
    ...waits.filter((wait) => !isAwaitedRun(wait)).map((wait) => () => lookAtOne(round, wait)),
    ...[...runs.values()].map((group) => () => lookAtRuns(round, group)),
  ];
}

function lookAtOne(round: Round, wait: Wait): Promise<void> {
  return guarded(round, wait, async () => {
    const setup = await waitingSetup(round, wait);
    if (setup === undefined) return;
    const { factories } = round.services;
    await conclude(round, wait, setup, await answerOf(round, wait.target.factory, () => ask(factories, wait.target)));
  });
}

/** Looks at runs of one factory. */
async function lookAtRuns(round: Round, waits: readonly AwaitedRun[]): Promise<void> {
  const waiting: { readonly wait: AwaitedRun; readonly setup: SetupRecord }[] = [];
  await pMap(
    waits,
    (wait) =>
      guarded(round, wait, async () => {
        const setup = await waitingSetup(round, wait);
        if (setup !== undefined) waiting.push({ wait, setup });
      }),
    AT_ONCE,
  );
  const [first] = waiting;
  if (first === undefined) return;
  const targets = waiting.map(({ wait }) => wait.target);
  const { factory } = first.wait.target;
  const answers = await answerOf(round, factory, () => askRuns(round.services.factories, factory, targets));
  await pMap(
    waiting,
    ({ wait, setup }) => guarded(round, wait, () => conclude(round, wait, setup, answers?.get(wait.target.runId))),
    AT_ONCE,
  );
}

/** The setup of a wait that is to be looked at while there is time. What its head row says of its attempt comes first. */
async function waitingSetup({ services, client, end }: Round, wait: Wait): Promise<SetupRecord | undefined> {
  const { clock, store, waits } = services;
  if (clock.now().getTime() >= end) return undefined;
  const setup = await store.get(wait);
  const standing = standingOf(wait, setup);
  // The request that cancelled it found no open wait, or did not come to its end.
  if (standing === 'canceled') await raiseCanceled(services, client, wait);
  if (standing === 'over') await waits.close(wait);
  return standing === 'open' ? setup : undefined;
}

/** Tells an answer; without one, the wait is looked at again later. */
async function conclude(
  { services, client }: Round,
  wait: Wait,
  setup: SetupRecord,
  answer: WaitAnswer | undefined,
): Promise<void> {
  // Also of one with an answer: nobody hears it where the orchestration is dead.
  await noteIfDead(services, client, setup);
  if (answer === undefined) return services.waits.postpone(wait);
  try {
    await tell(services, client, wait, answer);
  } catch (error) {
    await services.waits.postpone(wait);
    throw error;
  }
}

/** Has a setup looked at by the timer that settles setups, if the orchestration that waits is dead: a cleanup ends the wait. */
async function noteIfDead({ active, clock }: Services, client: DurableClient, setup: SetupRecord): Promise<void> {
  const { status, ended } = await orchestrationStatus(client, orchestrationOf(setup));
  if (ended || status === 'Missing') await active.hasten(setup, clock.now());
}

/** Asks a factory; undefined if it does not answer. */
async function answerOf<Answer>(
  { silent }: Round,
  { name }: Factory,
  question: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await question();
  } catch (error) {
    silent.set(name, messageOf(error));
    return undefined;
  }
}

/** Does something for a wait; a failure keeps no other one waiting. */
async function guarded({ failures }: Round, { setupId }: Wait, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push(new Error(`The wait of setup ${setupId}: ${messageOf(error)}`, { cause: error }));
  }
}
