/** Waiting for what a factory does, as every orchestration does it. */
import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { call, Stopped, waitForEvent } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { waitAnswerSchema } from '../shared/waits/wait.ts';
import type { WaitAnswer, WaitEvent, WaitTarget } from '../shared/waits/wait.ts';
import { activities } from './contract.ts';
import type { Subject } from './contract.ts';

/** One wait of an attempt. */
interface AwaitedAnswer<Answer> {
  readonly eventName: WaitEvent;
  readonly target: WaitTarget;
  /** What is awaited. */
  readonly answer: z.ZodType<Answer>;
  /** How long to wait at most. */
  readonly deadlineMs: number;
}

/**
 * Waits for an answer. The wait is a row, which a timer looks at and which a request may look at sooner; what they find
 * comes as an event. Nothing is asked from here, so that a factory that does not answer fails no wait.
 * @returns the answer; undefined if none came in time
 * @throws {Stopped} if the attempt is cancelled
 */
export function* waitForAnswer<Answer extends WaitAnswer>(
  context: OrchestrationContext,
  { tenantId, setupId, attempt, key, cleanup, run }: Subject,
  { eventName, target, answer: awaited, deadlineMs }: AwaitedAnswer<Answer>,
): Steps<Answer | undefined> {
  const wait = { tenantId, setupId, attempt, eventName, instanceId: context.df.instanceId };
  const opened = yield* call(context, activities.openWait, {
    ...wait,
    key,
    ...(cleanup === undefined ? {} : { cleanup }),
    ...(run === undefined ? {} : { run }),
    target,
  });
  const answer = opened.answer ?? (yield* waitForEvent(context, eventName, waitAnswerSchema, deadlineMs));
  yield* call(context, activities.closeWait, wait);
  if (answer?.kind === 'canceled') throw new Stopped('canceled');
  return awaited.optional().parse(answer);
}
