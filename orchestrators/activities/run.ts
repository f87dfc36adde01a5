/** How every activity runs, whoever calls it: shapes checked, and nothing changed by whom the fence stops. */
import type { ActivityContract, FailedOutput } from '../../shared/durable.ts';
import { VaultRefused } from '../../shared/secrets.ts';
import type { Services } from '../../shared/services.ts';
import { setupFailure } from '../../shared/setup/failure.ts';
import { stopReason } from '../../shared/setup/fence.ts';
import { attributesOf, factsOf } from '../../shared/telemetry/attributes.ts';
import type { Facts } from '../../shared/telemetry/attributes.ts';
import type { Log } from '../../shared/telemetry/logs.ts';
import { measure } from '../../shared/telemetry/metrics.ts';
import { inSpan } from '../../shared/telemetry/spans.ts';
import type { Note } from '../../shared/telemetry/spans.ts';
import type { Worker } from '../../shared/setup/fence.ts';
import { activities } from '../contract.ts';
import { implementations } from './index.ts';
import type { ActivityRun } from './implementation.ts';
import { outcomeOf, outcomeOfThrown } from './outcome.ts';

/** A part of an activity that begins so soon after the fence was asked ends within a minute of it. */
const ASKED_LATELY_MS = 10_000;

type AnyImplementation = (input: unknown, services: Services, run: ActivityRun) => Promise<unknown>;

/**
 * Runs an activity.
 * @returns its output, or `stoppedSchema` if the attempt may not do this (any more), or `failedSchema` if it cannot
 * @throws what is worth a retry, or {z.ZodError} if a shape is not that of the contract
 */
export function runActivity(
  name: keyof typeof activities,
  given: unknown,
  services: Services,
  getClient: ActivityRun['getClient'],
  log?: Log,
): Promise<unknown> {
  return inSpan(name, { activity: name }, async (noteInSpan) => {
    let known: Facts = { activity: name };
    const note: Note = (facts) => {
      known = { ...known, ...facts };
      noteInSpan(facts);
    };
    const tell = (found: Facts) => {
      note(found);
      measure('activityOutcomes', 1, { activity: name, ...found });
      log?.warn(`Activity ${name}: ${found.outcome}`, attributesOf(known));
    };
    try {
      const answer = await perform(name, given, { services, getClient, note });
      const outcome = outcomeOf(given, answer);
      if (outcome !== undefined) tell(outcome);
      return answer;
    } catch (error) {
      tell(outcomeOfThrown(error));
      throw error;
    }
  });
}

interface Surroundings extends Pick<ActivityRun, 'getClient'> {
  readonly services: Services;
  readonly note: Note;
}

async function perform(
  name: keyof typeof activities,
  given: unknown,
  { services, getClient, note }: Surroundings,
): Promise<unknown> {
  const { input, output, fence }: ActivityContract<unknown, unknown> = activities[name];
  const parsed = input.parse(given);
  note(factsOf(parsed));
  // Only what names an attempt is fenced, or asks for its setup; the contract's schemas see to that.
  const worker = parsed as Worker;
  let head: ActivityRun['head'] = () => services.store.require(worker);
  let askedAt = -Infinity;
  const ask = async () => {
    askedAt = services.clock.now().getTime();
    const setup = await services.store.get(worker);
    if (setup !== undefined) {
      head = () => Promise.resolve(setup);
      note({ phase: setup.phase, factory: setup.factory });
    }
    return stopReason(fence, worker, setup);
  };
  const isFresh = () => services.clock.now().getTime() - askedAt < ASKED_LATELY_MS;
  const stopped = async () => (isFresh() ? undefined : ask());
  const reason = fence === 'none' ? undefined : await ask();
  if (reason !== undefined) return { stopped: reason };
  const implementation = implementations[name] as AnyImplementation;
  try {
    const answer = await implementation(parsed, services, { getClient, head, stopped });
    return isStopped(answer) ? answer : output.parse(answer);
  } catch (error) {
    if (error instanceof VaultRefused) return failedForGood(error);
    throw error;
  }
}

/** Nobody but an operator changes that. */
function failedForGood({ message }: VaultRefused): FailedOutput {
  return { failed: setupFailure('VaultRefused', message) };
}

function isStopped(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'stopped' in answer;
}
