/** Looks at waits: asks a factory, and tells the orchestration that waits what it answered. */
import type { DurableClient } from 'durable-functions';
import { clip } from '../clip.ts';
import { messageOf } from '../error-message.ts';
import { decidingActivities } from '../factory/notification.ts';
import { innermost } from '../factory/run-failure.ts';
import type { Services } from '../services.ts';
import type { SetupRecord } from '../setup/head.ts';
import type { SetupKey } from '../setup/rows.ts';
import type { Factory } from '../setup/setup.ts';
import { standingOf } from './wait.ts';
import type { Wait, WaitAnswer, WaitTarget } from './wait.ts';

type Target<Kind extends WaitTarget['kind']> = Extract<WaitTarget, { readonly kind: Kind }>;

/** A wait for the end of a run. */
export type AwaitedRun = Wait & { readonly target: Target<'run'> };

/** Whether a wait is one that shares its question with the others of its factory. */
export function isAwaitedRun(wait: Wait): wait is AwaitedRun {
  return wait.target.kind === 'run';
}

/** What came of a nudge. */
export type Look = { readonly wait: Wait; /** What did not answer, for the log. */ readonly problem?: string } & (
  | { readonly result: 'found'; readonly answer: WaitAnswer }
  | { readonly result: 'notYet' | 'justLooked' | 'unanswered' }
);

/**
 * Looks at once at what a setup waits for, at most once a second, and tells the orchestration what is found; if nothing
 * is, the next look comes soon. A question that fails is a result: the timer goes on asking.
 * @returns undefined if the setup waits for nothing
 */
export async function lookNow(
  services: Pick<Services, 'waits' | 'factories'>,
  client: DurableClient,
  setup: SetupKey,
): Promise<Look | undefined> {
  const { waits, factories } = services;
  const nudge = await waits.nudge(setup);
  if (nudge === undefined) return undefined;
  const { wait, mayLook } = nudge;
  if (!mayLook) return { result: 'justLooked', wait };
  let answer: WaitAnswer | undefined;
  try {
    answer = await ask(factories, wait.target);
  } catch (error) {
    return { result: 'unanswered', wait, problem: messageOf(error) };
  }
  if (answer === undefined) return { result: 'notYet', wait };
  try {
    await tell(services, client, wait, answer);
    return { result: 'found', wait, answer };
  } catch (error) {
    return { result: 'found', wait, answer, problem: messageOf(error) };
  }
}

/** Asks for one thing; undefined if it is not there yet. @throws if the factory does not answer */
export async function ask(factories: Services['factories'], target: WaitTarget): Promise<WaitAnswer | undefined> {
  return target.kind === 'runtime' ? askRuntime(factories, target) : askRun(factories, target);
}

/**
 * Whether the work of a run is done, which is before the run itself has ended: it is the run that says so. A failure is
 * told by the end of the run.
 */
async function askRun(
  factories: Services['factories'],
  { factory, runId }: Target<'run'>,
): Promise<WaitAnswer | undefined> {
  const isDone = await factories.hasSucceeded(factory, runId, Object.values(decidingActivities));
  return isDone ? { kind: 'ended', status: 'Succeeded', message: '' } : undefined;
}

/** Asks a factory for all of some runs at once. Gives the answers by run id. @throws if the factory does not answer */
export async function askRuns(
  factories: Services['factories'],
  factory: Factory,
  targets: readonly Target<'run'>[],
): Promise<ReadonlyMap<string, WaitAnswer>> {
  const pipelines = [...new Set(targets.map(({ pipeline }) => pipeline))];
  const ended = await factories.endedRuns(factory, pipelines);
  return new Map(
    [...ended].map(([runId, { status, message }]) => [
      runId,
      { kind: 'ended', status, message: clip(innermost(message)) },
    ]),
  );
}

async function askRuntime(
  factories: Services['factories'],
  { factory, runtimeName }: Target<'runtime'>,
): Promise<WaitAnswer | undefined> {
  const { online, nodes } = await factories.runtimeStatus(factory, runtimeName);
  return online ? { kind: 'online', nodes: [...nodes] } : undefined;
}

/**
 * Raises the event with the answer, and closes the wait. Who fails in between leaves the rest to the timer, which asks again:
 * an event that comes twice is harmless, and an orchestration that has ended takes no notice.
 * @throws if the state store or the Durable Functions backend does not answer
 */
export async function tell(
  { waits }: Pick<Services, 'waits'>,
  client: DurableClient,
  wait: Wait,
  answer: WaitAnswer,
): Promise<void> {
  await client.raiseEvent(wait.instanceId, wait.eventName, answer);
  await waits.close(wait);
}

/** Ends a wait because its attempt is cancelled. @throws as `tell` */
export function raiseCanceled(services: Pick<Services, 'waits'>, client: DurableClient, wait: Wait): Promise<void> {
  return tell(services, client, wait, { kind: 'canceled' });
}

/** Closes the wait of a setup whose attempt has ended. The timer closes what is not closed here. */
export async function closeIfOver({ waits }: Pick<Services, 'waits'>, setup: SetupRecord): Promise<void> {
  const wait = await waits.get(setup);
  if (wait === undefined || wait.attempt > setup.attempt) return;
  if (standingOf(wait, setup) === 'over') await waits.close(wait);
}
