import path from 'node:path';
import fc from 'fast-check';
import type { ActivityFault, Faults, MessageFault } from './faults.ts';
import { eventsOf, interpret, programOf, type Program, type Step } from './program.ts';
import { programSteps } from './program-arbitrary.ts';
import { TaskHub } from './task-hub.ts';

/** How many random programs to run, and from which seed. */
export interface CheckOptions {
  readonly programs: number;
  readonly seed?: number;
}

export const programApp = path.join(import.meta.dirname, '../fixtures/program-app');

/** Runs random programs on the engine. Rejects with the smallest one that does other than its interpretation. */
export async function checkPrograms({ programs, seed }: CheckOptions): Promise<void> {
  const hub = await TaskHub.open({ appDirectory: programApp });
  const profile = { longest: 10_000, repeatable: false, events: true };
  const runner = new Runner(hub);
  try {
    await fc.assert(
      fc.asyncProperty(programSteps(profile), async (steps) => {
        const program = programOf(runner.newPath(), steps);
        const begin = hub.clock.now();
        const took = (await runner.run(program)) - begin;
        const { end } = interpret(program);
        if (took !== end) throw new Error(`The program took ${took} ms of virtual time instead of ${end}.`);
      }),
      { numRuns: programs, examples: FOUND_BEFORE, ...(seed === undefined ? {} : { seed }) },
    );
  } finally {
    await hub.close();
  }
}

/** Programs in which the engine was wrong once. */
const FOUND_BEFORE: [readonly Step[]][] = [
  [
    [
      // The timer that has lost ends its race in later replays before the child has got its number.
      {
        kind: 'any',
        members: [
          { kind: 'sleep', duration: 1 },
          { kind: 'call', failures: 0 },
          { kind: 'child', steps: [{ kind: 'one', task: { kind: 'sleep', duration: 5 }, caught: false }] },
        ],
        caught: false,
      },
      { kind: 'one', task: { kind: 'call', failures: 0 }, caught: false },
    ],
  ],
];

const activityFaults: readonly (ActivityFault | undefined)[] = [
  'kill before',
  'kill after',
  'run twice',
  ...nothing(5),
];
const messageFaults: readonly (MessageFault | undefined)[] = ['deliver twice', { delay: 3 }, ...nothing(5)];

function nothing(times: number): undefined[] {
  return Array<undefined>(times).fill(undefined);
}

/**
 * The same while the host is killed, activities are run twice, and messages come twice or late; the results may not
 * depend on it.
 */
export async function checkProgramsWithFaults({ programs, seed }: CheckOptions): Promise<void> {
  const plan: FaultPlan = { activities: [], messages: [] };
  const faults: Faults = { activity: () => plan.activities.shift(), message: () => plan.messages.shift() };
  const hub = await TaskHub.open({ appDirectory: programApp, faults });
  const runner = new Runner(hub);
  const profile = { longest: 10_000, repeatable: true, events: false };
  const [activities, messages] = [
    fc.array(fc.constantFrom(...activityFaults)),
    fc.array(fc.constantFrom(...messageFaults)),
  ];
  try {
    await fc.assert(
      fc.asyncProperty(programSteps(profile), activities, messages, async (steps, ofActivities, ofMessages) => {
        plan.activities = [...ofActivities];
        plan.messages = [...ofMessages];
        await runner.run(programOf(runner.newPath(), steps));
      }),
      { numRuns: programs, ...(seed === undefined ? {} : { seed }) },
    );
  } finally {
    await hub.close();
  }
}

interface FaultPlan {
  activities: (ActivityFault | undefined)[];
  messages: (MessageFault | undefined)[];
}

class Runner {
  readonly #hub: TaskHub;
  #programs = 0;

  constructor(hub: TaskHub) {
    this.#hub = hub;
  }

  newPath(): string {
    this.#programs += 1;
    return `program-${this.#programs}`;
  }

  /** Throws when the results are not those of the interpretation. Answers with the time of the end. */
  async run(program: Program): Promise<number> {
    const hub = this.#hub;
    try {
      const id = await hub.start('program', program, program.path);
      const begin = hub.clock.now();
      for (const { name, raisedAfter } of eventsOf(program).sort((one, other) => one.raisedAfter - other.raisedAfter)) {
        await hub.advance(begin + raisedAfter - hub.clock.now());
        await hub.raiseEvent(id, name, name);
      }
      const { status, output } = await hub.untilEnd(id);
      const { results } = interpret(program);
      const [expected, actual] = [results ?? 'Failed', status === 'Completed' ? output : status];
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        throw new Error(`${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}: ${JSON.stringify(output)}`);
      }
      return Date.parse(hub.histories().find((instance) => instance.id === id)?.lastUpdatedTime ?? '');
    } finally {
      await hub.purge(hub.histories().map(({ id }) => id));
      hub.lines.length = 0;
    }
  }
}
