/** What can go wrong with an app on a test's task hub, and how it is brought about. */
import { app, type PreInvocationContext } from '@azure/functions';
import type { Message } from '../../../local/host/durable/message.ts';
import type { Committed, Step } from '../../../local/host/durable/store.ts';
import { Store } from '../../../local/host/durable/store.ts';

/** A run of an activity that is about to begin. */
interface ActivityRun {
  readonly name: string;
  readonly input: unknown;
  readonly instanceId: string;
}

/**
 * `before` and `after` mean the activity's effect. A failure is reported to the orchestration; a kill is the end of the
 * host, which starts again on what it had recorded; `run twice` delivers the activity twice and reports the second run;
 * `outlast` delivers it again while it is under way, as a queue does whose message was hidden for less time than the activity
 * takes, and reports the run that came to its end first.
 */
export type ActivityFault = 'fail before' | 'fail after' | 'kill before' | 'kill after' | 'run twice' | 'outlast';

/** What happens to a message on its way to an orchestration: a second copy, or a delay in milliseconds. */
export type MessageFault = 'deliver twice' | { readonly delay: number };

/** What is decided about a run of an activity; a promise holds it until something else has happened. */
export type Decision = ActivityFault | undefined | Promise<undefined>;

/** Decides about faults; asked once for each run and each message. Undefined lets it pass. */
export interface Faults {
  readonly activity?: (run: ActivityRun) => Decision;
  readonly message?: (message: Message) => MessageFault | undefined;
}

type Handler = PreInvocationContext['functionHandler'];

/** An activity in place of the app's own. */
export type StandIn = (input: never) => unknown;

/**
 * Interferes with the activities of the app that is loaded, whatever host runs it in this process. `kill` ends that host.
 * The answer ends the interference.
 */
export function interfereWithActivities(
  faults: Faults,
  standIns: Readonly<Record<string, StandIn>>,
  kill: () => void,
): Disposable {
  const hook = app.hook.preInvocation(async (invocation) => {
    const { functionName: name, options, triggerMetadata } = invocation.invocationContext;
    if (options.trigger.type !== 'activityTrigger') return;
    const standIn = standIns[name];
    const handler: Handler = standIn === undefined ? invocation.functionHandler : (input) => standIn(input as never);
    const instanceId = String(triggerMetadata?.['instanceId']);
    const fault = await faults.activity?.({ name, input: invocation.inputs[0], instanceId });
    invocation.functionHandler = fault === undefined ? handler : faulty(handler, fault, kill);
  });
  return {
    [Symbol.dispose]: () => {
      hook.dispose();
    },
  };
}

function faulty(handler: Handler, fault: ActivityFault, kill: () => void): Handler {
  return async (...inputs): Promise<unknown> => {
    if (fault === 'fail before') throw new Error('The activity failed before its effect.');
    if (fault === 'kill before') return die(kill);
    if (fault === 'outlast') return firstOf([handler(...inputs), handler(...inputs)]);
    const first: unknown = await handler(...inputs);
    if (fault === 'fail after') throw new Error('The activity failed after its effect.');
    if (fault === 'kill after') return die(kill);
    return fault === 'run twice' ? ((await handler(...inputs)) as unknown) : first;
  };
}

/** What came of the run that was first to end. The other one ends too before anything follows from it. */
async function firstOf(runs: readonly Promise<unknown>[]): Promise<unknown> {
  const first = Promise.race(runs);
  await Promise.allSettled([first, ...runs]);
  return first;
}

/** Nobody is left who would wait for the end of the activity. */
function die(kill: () => void): Promise<never> {
  kill();
  return new Promise(() => undefined);
}

/** Keeps everything in memory, and interferes with messages as they are put in. */
export class FaultyStore extends Store {
  readonly #faults: Faults;

  constructor(faults: Faults) {
    super(':memory:');
    this.#faults = faults;
  }

  override commit(steps: readonly Step[]): Committed[] {
    return super.commit(
      steps.map((step) => ({
        ...step,
        messages: (step.messages ?? []).flatMap((message) => this.#delivered(message)),
      })),
    );
  }

  #delivered(message: Message): Message[] {
    const fault = this.#faults.message?.(message);
    if (fault === undefined) return [message];
    if (fault === 'deliver twice') return [message, message];
    return [{ ...message, visibleAt: message.visibleAt + fault.delay }];
  }
}
