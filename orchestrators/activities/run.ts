/** How every activity runs, whoever calls it: shapes checked, and nothing changed by whom the fence stops. */
import type { ActivityContract } from '../../shared/durable.ts';
import type { Services } from '../../shared/services.ts';
import { stopReason } from '../../shared/setup/fence.ts';
import type { Worker } from '../../shared/setup/fence.ts';
import { activities } from '../contract.ts';
import { implementations } from './index.ts';
import type { ActivityRun } from './implementation.ts';

type AnyImplementation = (input: unknown, services: Services, run: ActivityRun) => Promise<unknown>;

/**
 * Runs an activity.
 * @returns its output, or `stoppedSchema` if the attempt may not do this (any more)
 * @throws what is worth a retry, or {z.ZodError} if a shape is not that of the contract
 */
export async function runActivity(
  name: keyof typeof activities,
  given: unknown,
  services: Services,
  getClient: ActivityRun['getClient'],
): Promise<unknown> {
  const { input, output, fence }: ActivityContract<unknown, unknown> = activities[name];
  const parsed = input.parse(given);
  // Only what names an attempt is fenced, or asks for its setup; the contract's schemas see to that.
  const worker = parsed as Worker;
  let head: ActivityRun['head'] = () => services.store.require(worker);
  if (fence !== 'none') {
    const setup = await services.store.get(worker);
    const stopped = stopReason(fence, worker, setup);
    if (stopped !== undefined) return { stopped };
    if (setup !== undefined) head = () => Promise.resolve(setup);
  }
  const implementation = implementations[name] as AnyImplementation;
  const answer = await implementation(parsed, services, { getClient, head });
  return isStopped(answer) ? answer : output.parse(answer);
}

function isStopped(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'stopped' in answer;
}
