import fc from 'fast-check';
import { Ambiguous, interpret, programOf, type Retry, type Step, type Task } from './program.ts';

/** What random programs may do. */
export interface Profile {
  /** Of timers and intervals of retries, in milliseconds. */
  readonly longest: number;
  /** Whether the results must not depend on how often an activity runs, nor on how long anything takes. */
  readonly repeatable: boolean;
  readonly events: boolean;
}

// More than any number of attempts.
const ALWAYS = 99;
// A timer that loses against anything else, in milliseconds.
const HOUR = 3_600_000;

/** Random programs of which `interpret` knows what they lead to. */
export function programSteps(profile: Profile): fc.Arbitrary<readonly Step[]> {
  const deep = tasks(profile, tasks(profile, tasks(profile)));
  const waiting = steps(profile, profile.events ? fc.oneof({ weight: 4, arbitrary: deep }, wait(profile)) : deep);
  const again = fc.record({ kind: fc.constant('again' as const) });
  // An event that is raised in an earlier generation is lost, so a program has either.
  const continuing = fc.array(fc.oneof({ weight: 4, arbitrary: step(profile, deep) }, again), { maxLength: 5 });
  return fc.oneof({ weight: 3, arbitrary: waiting }, continuing).filter(isCertain);
}

function isCertain(program: readonly Step[]): boolean {
  try {
    interpret(programOf('', program));
    return true;
  } catch (error) {
    if (error instanceof Ambiguous) return false;
    throw error;
  }
}

function wait({ longest }: Profile): fc.Arbitrary<Task> {
  return fc.record({ kind: fc.constant('wait'), raisedAfter: fc.nat(longest) });
}

function tasks(profile: Profile, inner?: fc.Arbitrary<Task>): fc.Arbitrary<Task> {
  const { longest, repeatable } = profile;
  const duration = fc.integer({ min: 1, max: longest });
  const failures = fc.constantFrom(0, 0, 0, ALWAYS, ...(repeatable ? [] : [1, 2]));
  const retry: fc.Arbitrary<Retry> = fc.record({
    attempts: fc.integer({ min: 1, max: 3 }),
    interval: duration,
    coefficient: fc.constantFrom(1, 2),
  });
  const retriedFailures = fc.constantFrom(0, 1, 2, ALWAYS);
  const kinds: fc.Arbitrary<Task>[] = [
    fc.record({ kind: fc.constant('call'), failures }),
    fc.record({ kind: fc.constant('sleep'), duration }),
    fc
      .record({ kind: fc.constant('retried' as const), failures: retriedFailures, retry })
      .filter((task) => !repeatable || task.failures === ALWAYS || task.failures < task.retry.attempts),
  ];
  if (inner !== undefined) {
    const child = { kind: fc.constant('child' as const), steps: steps(profile, inner) };
    kinds.push(fc.record({ ...child, retry }, { requiredKeys: ['kind', 'steps'] }));
  }
  return fc.oneof(...kinds);
}

function steps(profile: Profile, task: fc.Arbitrary<Task>): fc.Arbitrary<Step[]> {
  return fc.array(step(profile, task), { maxLength: 4 });
}

function step(profile: Profile, task: fc.Arbitrary<Task>): fc.Arbitrary<Step> {
  const caught = fc.boolean();
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('one'), task, caught }) },
    fc.record({ kind: fc.constant('all'), members: fc.array(task, { minLength: 1, maxLength: 5 }), caught }),
    fc.record({
      kind: fc.constant('any'),
      members: profile.repeatable ? raceAgainstAnHour(profile) : race(task),
      caught,
    }),
  );
}

/**
 * A trap of the SDK is left out: the host learns of the cancellation of a timer from the list of all actions, and in every
 * later replay takes that race for decided from the start. Tasks that a retry has scheduled before get other numbers then.
 */
function race(task: fc.Arbitrary<Task>): fc.Arbitrary<Task[]> {
  const alone = task.filter((each) => !('retry' in each));
  return fc.array(alone, { minLength: 1, maxLength: 3 });
}

function raceAgainstAnHour({ longest }: Profile): fc.Arbitrary<Task[]> {
  const fast: fc.Arbitrary<Task> = fc.oneof(
    fc.record({ kind: fc.constant('call'), failures: fc.constantFrom(0, ALWAYS) }),
    fc.record({ kind: fc.constant('sleep'), duration: fc.integer({ min: 1, max: longest }) }),
  );
  return fast.map((task) => [task, { kind: 'sleep', duration: HOUR }]);
}
