/**
 * The few words in which orchestrations are written. Everything here is deterministic: what an orchestration does
 * follows from its input and from what its tasks gave.
 * https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-code-constraints
 */
import { RetryOptions } from 'durable-functions';
import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { z } from 'zod';
import { stopReasons } from './setup/fence.ts';
import type { Fence, StopReason } from './setup/fence.ts';
import { setupFailureSchema } from './setup/setup.ts';
import type { SetupFailure } from './setup/setup.ts';

/** Work that touches the world. Its name and shapes are kept in histories: they never change after a release. */
export interface ActivityContract<Input, Output> {
  readonly name: string;
  readonly input: z.ZodType<Input>;
  /** Of an activity that did its work. One that its fence stopped gives `stoppedSchema` instead. */
  readonly output: z.ZodType<Output>;
  readonly fence: Fence;
  /** Whether it starts, ends or asks orchestrations, which takes the durable client. */
  readonly usesClient: boolean;
}

/** What an activity or a child gives that may not go on. */
const stoppedSchema = z.object({ stopped: z.enum(stopReasons) });
export type StoppedOutput = z.infer<typeof stoppedSchema>;

/** Ends an orchestration, through its callers up to the one that takes back what was made. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`The attempt was ${reason}`);
    this.reason = reason;
  }
}

/** What an activity or a child gives that failed for a reason which does not change by itself. */
const failedSchema = z.strictObject({ failed: setupFailureSchema });
export type FailedOutput = z.infer<typeof failedSchema>;

/** Ends an orchestration, as `Stopped` does, with a failure that no further try would change. */
export class FailedForGood extends Error {
  override readonly name = 'FailedForGood';
  readonly failure: SetupFailure;

  constructor(failure: SetupFailure) {
    super(failure.cause);
    this.failure = failure;
  }
}

/** @throws {Stopped | FailedForGood} if the work was not done */
function outputOf<Output>(schema: z.ZodType<Output>, given: unknown): Output {
  const stopped = stoppedSchema.safeParse(given);
  if (stopped.success) throw new Stopped(stopped.data.stopped);
  const failed = failedSchema.safeParse(given);
  if (failed.success) throw new FailedForGood(failed.data.failed);
  return schema.parse(given);
}

/** An orchestration that another one calls. The same holds for its name and shapes. */
export interface OrchestrationContract<Input, Output> {
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
}

/** Steps of an orchestration that end in a value. */
export type Steps<T> = Generator<Task, T, unknown>;

// Only transient faults are thrown by activities, so that every failure is worth another attempt. What a setup made and
// what it reached must survive an outage of Azure: 2, 4, 8 … 120 s, together more than an hour.
const FIRST_RETRY_MS = 2_000;
const MAXIMUM_ATTEMPTS = 40;
const LONGEST_RETRY_MS = 120_000;

function retryOptions(): RetryOptions {
  const options = new RetryOptions(FIRST_RETRY_MS, MAXIMUM_ATTEMPTS);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = LONGEST_RETRY_MS;
  return options;
}

/**
 * Calls an activity, with retries. Throws what the last attempt threw.
 * @throws {Stopped} if its fence stopped it
 * @throws {FailedForGood} if further attempts would not change its failure
 */
export function* call<Input, Output>(
  context: OrchestrationContext,
  activity: ActivityContract<Input, Output>,
  input: Input,
): Steps<Output> {
  return outputOf(activity.output, yield context.df.callActivityWithRetry(activity.name, retryOptions(), input));
}

/**
 * Calls an activity once for each input, all at the same time, and gives the outputs in the order of the inputs.
 * If one fails for good, the calling orchestration must end: a call after a caught failure of this one gets a wrong
 * result, because the others are still under way.
 */
export function* callAll<Input, Output>(
  context: OrchestrationContext,
  activity: ActivityContract<Input, Output>,
  inputs: readonly Input[],
): Steps<Output[]> {
  const tasks = inputs.map((input) => context.df.callActivityWithRetry(activity.name, retryOptions(), input));
  const outputs = (yield context.df.Task.all(tasks)) as unknown[];
  return outputs.map((output) => outputOf(activity.output, output));
}

/** Calls another orchestration. Its instance id is the caller's and `part`, so that it is found by its name. */
export function* callChild<Input, Output>(
  context: OrchestrationContext,
  child: OrchestrationContract<Input, Output>,
  input: Input,
  part: string,
): Steps<Output> {
  return outputOf(
    child.output,
    yield context.df.callSubOrchestrator(child.name, input, `${context.df.instanceId}.${part}`),
  );
}

/**
 * Makes the handler of an orchestration from its contract and its steps. One that is stopped, or fails for good, ends with the
 * reason.
 */
export function orchestrator<Input, Output>(
  contract: OrchestrationContract<Input, Output>,
  steps: (context: OrchestrationContext, input: Input) => Steps<Output>,
): OrchestrationHandler {
  return function* (context) {
    try {
      return yield* steps(context, contract.input.parse(context.df.getInput()));
    } catch (error) {
      if (error instanceof Stopped) return { stopped: error.reason };
      if (error instanceof FailedForGood) return { failed: error.failure };
      throw error;
    }
  };
}

/**
 * Ends this generation of an orchestration, which returns after it, and begins the next one with a history of its own.
 * External events that came for this one are lost.
 */
export function continueAsNew<Input, Output>(
  context: OrchestrationContext,
  _contract: OrchestrationContract<Input, Output>,
  input: Input,
): void {
  context.df.continueAsNew(input);
}

/** Milliseconds since the epoch, the same in every replay. */
export function now(context: OrchestrationContext): number {
  return context.df.currentUtcDateTime.getTime();
}

/** Lets time pass. */
export function* pause(context: OrchestrationContext, milliseconds: number): Steps<void> {
  yield context.df.createTimer(new Date(now(context) + milliseconds));
}

/**
 * Waits for an external event until the deadline. An event that came before the wait counts; one that comes twice, or
 * after the deadline, does not.
 * @param deadlineMs how long to wait at most; less than six days, beyond which the host makes several timers of one, and
 *   a replay after the event schedules less than the history holds
 * @returns what the event brought; undefined if none came in time
 */
export function* waitForEvent<Payload>(
  context: OrchestrationContext,
  eventName: string,
  payload: z.ZodType<Payload>,
  deadlineMs: number,
): Steps<Payload | undefined> {
  const event = context.df.waitForExternalEvent(eventName);
  const deadline = context.df.createTimer(new Date(now(context) + deadlineMs));
  const first = yield context.df.Task.any([event, deadline]);
  if (first === deadline) return undefined;
  // An orchestration does not end while a timer runs.
  deadline.cancel();
  return payload.parse(event.result);
}
