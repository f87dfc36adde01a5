/** A small language of orchestrations: what the app in program-app runs, and what `interpret` says must come of it. */

/** Something that can be waited for, alone or together with others. Times are milliseconds. */
export type Task =
  /** An activity; its first `failures` runs fail. */
  | { readonly kind: 'call'; readonly failures: number }
  | { readonly kind: 'retried'; readonly failures: number; readonly retry: Retry }
  | { readonly kind: 'sleep'; readonly duration: number }
  /** An event, raised so long after the start of the program. */
  | { readonly kind: 'wait'; readonly raisedAfter: number }
  /** A sub-orchestration. */
  | { readonly kind: 'child'; readonly steps: readonly Step[]; readonly retry?: Retry };

export interface Retry {
  readonly attempts: number;
  readonly interval: number;
  readonly coefficient: number;
}

/** Where a failure is not caught, the program fails. A failed `all` ends it, caught or not. */
export type Step =
  | { readonly kind: 'one'; readonly task: Task; readonly caught: boolean }
  | { readonly kind: 'all' | 'any'; readonly members: readonly Task[]; readonly caught: boolean }
  /** Continues as new with the steps that are left. */
  | { readonly kind: 'again' };

/** What the orchestrator gets. Paths tell the parts of a program apart. */
export interface Program {
  readonly path: string;
  readonly steps: readonly Step[];
  /** The first step of this generation, and the results of those before. */
  readonly from: number;
  readonly results: readonly unknown[];
}

/** What an activity of a program gets. */
export interface Effect {
  readonly path: string;
  readonly failures: number;
}

/** In the results, in place of what was not to be had. */
export const FAILED = 'failed';

/** Which member wins depends on more than the time. */
export class Ambiguous extends Error {}

/** How a program ends, and when: milliseconds since its start. */
export interface Interpreted {
  /** Undefined when the program fails. */
  readonly results: readonly unknown[] | undefined;
  readonly end: number;
}

/** The first generation of a program. */
export function programOf(path: string, steps: readonly Step[]): Program {
  return { path, steps, from: 0, results: [] };
}

/** Says what a program must lead to, without any engine. Throws Ambiguous when that cannot be said. */
export function interpret({ steps, path }: Program): Interpreted & { readonly runsOfActivities: number } {
  const interpretation = new Interpretation();
  return { ...interpretation.run(steps, path, 0), runsOfActivities: interpretation.runsOfActivities };
}

/** All events that a program waits for. */
export function eventsOf({ steps, path }: Program): { readonly name: string; readonly raisedAfter: number }[] {
  return steps.flatMap((step, index) =>
    tasksOf(step).flatMap((task, member) =>
      task.kind === 'wait' ? [{ name: pathOf(path, index, member), raisedAfter: task.raisedAfter }] : [],
    ),
  );
}

export function pathOf(path: string, step: number, member: number): string {
  return `${path}.${step}.${member}`;
}

function tasksOf(step: Step): readonly Task[] {
  if (step.kind === 'again') return [];
  return step.kind === 'one' ? [step.task] : step.members;
}

/** What a task comes to, and when; `value` is FAILED when it fails. */
interface Outcome {
  readonly value: unknown;
  readonly failed: boolean;
  readonly end: number;
}

class Interpretation {
  readonly #runs = new Map<string, number>();

  get runsOfActivities(): number {
    return [...this.#runs.values()].reduce((sum, runs) => sum + runs, 0);
  }

  run(steps: readonly Step[], path: string, start: number): Interpreted {
    const results: unknown[] = [];
    let now = start;
    // An orchestration does not end before everything that it has scheduled.
    let open = start;
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'again') {
        now = Math.max(now, open);
        continue;
      }
      const outcomes = tasksOf(step).map((task, member) => this.#task(task, pathOf(path, index, member), now));
      const outcome = combined(step.kind, outcomes);
      const kept = tasksOf(step).map((task, member) =>
        isDropped(step.kind, task) ? now : (outcomes[member]?.end ?? now),
      );
      open = Math.max(open, ...kept);
      now = outcome.end;
      if (outcome.failed && !step.caught) return { results: undefined, end: Math.max(now, open) };
      results.push(outcome.value);
      if (outcome.failed && step.kind === 'all') break;
    }
    return { results, end: Math.max(now, open) };
  }

  #task(task: Task, path: string, start: number): Outcome {
    switch (task.kind) {
      case 'call':
        return this.#call(path, task.failures, start);
      case 'retried':
        return retried(task.retry, start, (begin) => this.#call(path, task.failures, begin));
      case 'sleep':
        return { value: null, failed: false, end: start + task.duration };
      case 'wait':
        return { value: path, failed: false, end: Math.max(start, task.raisedAfter) };
      case 'child':
        return retried(task.retry ?? ONCE, start, (begin) => {
          const { results, end } = this.run(task.steps, path, begin);
          return { value: results ?? FAILED, failed: results === undefined, end };
        });
    }
  }

  #call(path: string, failures: number, start: number): Outcome {
    const run = (this.#runs.get(path) ?? 0) + 1;
    this.#runs.set(path, run);
    const failed = run <= failures;
    return { value: failed ? FAILED : path, failed, end: start };
  }
}

const ONCE: Retry = { attempts: 1, interval: 1, coefficient: 1 };

function retried(
  { attempts, interval, coefficient }: Retry,
  start: number,
  attempt: (begin: number) => Outcome,
): Outcome {
  let outcome = attempt(start);
  for (let failures = 1; outcome.failed && failures < attempts; failures += 1) {
    outcome = attempt(outcome.end + interval * coefficient ** (failures - 1));
  }
  return outcome;
}

/** A timer that has lost is cancelled, and nobody has to raise the event that has lost. */
function isDropped(kind: Step['kind'], task: Task): boolean {
  return kind === 'any' && (task.kind === 'sleep' || task.kind === 'wait');
}

function combined(kind: 'one' | 'all' | 'any', outcomes: readonly Outcome[]): Outcome {
  const [first, second] = outcomes.toSorted((one, other) => one.end - other.end);
  if (first === undefined) throw new Error('A step without a task.');
  if (kind === 'any') {
    if (second?.end === first.end) throw new Ambiguous();
    return { value: { winner: outcomes.indexOf(first), value: first.value }, failed: false, end: first.end };
  }
  const failures = outcomes.filter(({ failed }) => failed).map(({ end }) => end);
  if (failures.length > 0) return { value: FAILED, failed: true, end: Math.min(...failures) };
  const end = Math.max(...outcomes.map((outcome) => outcome.end));
  const values = outcomes.map(({ value }) => value);
  return { value: kind === 'one' ? values[0] : values, failed: false, end };
}
