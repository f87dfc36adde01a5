/** Waiting for what a factory does, as every orchestration does it. */
import type { OrchestrationContext } from 'durable-functions';
import type { z } from 'zod';
import { Stopped, waitForEvent } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { waitAnswerSchema } from '../shared/waits/wait.ts';
import type { WaitAnswer, WaitEvent } from '../shared/waits/wait.ts';

/** One wait of an attempt. */
interface AwaitedAnswer<Answer> {
  readonly eventName: WaitEvent;
  /** What is awaited. */
  readonly answer: z.ZodType<Answer>;
  /** How long to wait at most. */
  readonly deadlineMs: number;
}

/**
 * Waits for the answer to a wait that an activity has opened. The wait is a row, which a timer looks at and which a request
 * may look at sooner; what they find comes as an event. Nothing is asked from here, so that a factory that does not answer
 * fails no wait.
 * @param opened with the answer, if it was there already
 * @returns the answer; undefined if none came in time
 * @throws {Stopped} if the attempt is cancelled
 */
export function* waitForAnswer<Answer extends WaitAnswer>(
  context: OrchestrationContext,
  opened: { readonly answer?: WaitAnswer | undefined },
  { eventName, answer: awaited, deadlineMs }: AwaitedAnswer<Answer>,
): Steps<Answer | undefined> {
  const answer = opened.answer ?? (yield* waitForEvent(context, eventName, waitAnswerSchema, deadlineMs));
  if (answer?.kind === 'canceled') throw new Stopped('canceled');
  return awaited.optional().parse(answer);
}
