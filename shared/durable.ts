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
export const stoppedSchema = z.object({ stopped: z.enum(stopReasons) });
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

/** @throws {Stopped} if the work was not done */
function outputOf<Output>(schema: z.ZodType<Output>, given: unknown): Output {
  const stopped = stoppedSchema.safeParse(given);
  if (stopped.success) throw new Stopped(stopped.data.stopped);
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

// Only transient faults are thrown by activities, so that every failure is worth another attempt: 2, 4, 8, 16, 30 s.
const FIRST_RETRY_MS = 2_000;
const MAXIMUM_ATTEMPTS = 6;
const LONGEST_RETRY_MS = 30_000;

function retryOptions(): RetryOptions {
  const options = new RetryOptions(FIRST_RETRY_MS, MAXIMUM_ATTEMPTS);
  options.backoffCoefficient = 2;
  options.maxRetryIntervalInMilliseconds = LONGEST_RETRY_MS;
  return options;
}

/** Calls an activity, with retries. Throws what the last attempt threw. @throws {Stopped} if its fence stopped it */
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

/** Makes the handler of an orchestration from its contract and its steps. One that is stopped ends with the reason. */
export function orchestrator<Input, Output>(
  contract: OrchestrationContract<Input, Output>,
  steps: (context: OrchestrationContext, input: Input) => Steps<Output | undefined>,
): OrchestrationHandler {
  return function* (context) {
    try {
      return yield* steps(context, contract.input.parse(context.df.getInput()));
    } catch (error) {
      if (error instanceof Stopped) return { stopped: error.reason };
      throw error;
    }
  };
}

/** Milliseconds since the epoch, the same in every replay. */
export function now(context: OrchestrationContext): number {
  return context.df.currentUtcDateTime.getTime();
}

// A generation of a wait stays short, so that a wait of days does not grow the history of its orchestration.
const QUESTIONS_PER_GENERATION = 20;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Where a wait stands; part of the input of an orchestration that waits. */
export interface WaitState {
  /** Questions asked in earlier generations. */
  readonly asked: number;
  /** Milliseconds since the epoch after which nothing more is asked. */
  readonly deadline: number;
}

export type WaitResult<T> =
  | { readonly kind: 'answered'; readonly answer: T }
  | { readonly kind: 'timedOut' }
  /** The caller continues as new with this state. */
  | { readonly kind: 'goesOn'; readonly state: WaitState };

/** Asks again and again, with pauses that grow from 1 to 30 s, until there is an answer or the deadline has passed. */
export function* waitFor<T>(
  context: OrchestrationContext,
  state: WaitState,
  ask: () => Steps<T | undefined>,
): Steps<WaitResult<T>> {
  for (let asked = state.asked; asked < state.asked + QUESTIONS_PER_GENERATION; asked += 1) {
    const answer = yield* ask();
    if (answer !== undefined) return { kind: 'answered', answer };
    if (now(context) >= state.deadline) return { kind: 'timedOut' };
    const pause = Math.min(FIRST_PAUSE_MS * 1.5 ** asked, LONGEST_PAUSE_MS);
    yield context.df.createTimer(new Date(now(context) + pause));
  }
  return { kind: 'goesOn', state: { asked: state.asked + QUESTIONS_PER_GENERATION, deadline: state.deadline } };
}
