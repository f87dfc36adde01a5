/** What a replay does: where it begins, what it takes over, and what it does again. Pure. */
import { isBefore, milestones, phases } from './states.ts';
import type { MilestoneName, Phase } from './states.ts';

/** What a replay changes of the request, which what was found before depends on. */
export interface ReplayChanges {
  readonly password: boolean;
  readonly connection: boolean;
  readonly runtime: boolean;
  readonly companies: boolean;
}

/** Where an attempt must begin at the latest after a change. */
const latestStart: Readonly<Record<keyof ReplayChanges, Phase>> = {
  runtime: 'FactorySelection',
  password: 'RuntimeRegistration',
  connection: 'Assessment',
  companies: 'Assessment',
};

/**
 * The phase at which a replay begins.
 * @param reached the phase in which the attempt ended
 * @param wanted undefined: the one in which the attempt ended
 * @returns undefined if the wanted phase was not reached
 */
export function replayStart(reached: Phase, wanted: Phase | undefined, changes: ReplayChanges): Phase | undefined {
  if (wanted !== undefined && isBefore(reached, wanted)) return undefined;
  const changed = (Object.keys(latestStart) as (keyof ReplayChanges)[]).filter((what) => changes[what]);
  return [wanted ?? reached, ...changed.map((what) => latestStart[what])].reduce((earliest, phase) =>
    isBefore(phase, earliest) ? phase : earliest,
  );
}

/** What is asked before a phase is taken over; a phase without a question stands as it was recorded. */
const questions: Readonly<Partial<Record<Phase, string>>> = {
  FactorySelection: 'The factory answers and has room.',
  RuntimeRegistration: 'A node of the integration runtime is online.',
  Assessment: 'The catalogues of both databases that it wrote down are there.',
};

/** Phases whose work every attempt does: it is cheap, and what a failed attempt took back must be there again. */
const repeated = new Set<Phase>(['Installation', 'TablePlan', 'ReplicationPipeline', 'Ready', 'Cleanup']);

export interface ReplayPlan {
  readonly from: Phase;
  /** Phases whose results are taken over. */
  readonly reused: readonly Phase[];
  /** Questions that may move `from` back to their phase. */
  readonly rechecked: readonly { readonly phase: Phase; readonly question: string }[];
  /** Phases whose work is done, or done again. */
  readonly repeated: readonly Phase[];
}

export function replayPlan(from: Phase): ReplayPlan {
  const before = phases.filter((phase) => isBefore(phase, from));
  return {
    from,
    reused: before.filter((phase) => !repeated.has(phase)),
    rechecked: before.flatMap((phase) => {
      const question = questions[phase];
      return question === undefined ? [] : [{ phase, question }];
    }),
    repeated: phases.filter((phase) => repeated.has(phase) || !isBefore(phase, from)),
  };
}

/** Whether an attempt that begins at a phase takes a milestone over: what ended an earlier phase, and its runtime. */
export function isTakenOver(name: MilestoneName, from: Phase): boolean {
  const { phase, position } = milestones[name];
  return phase !== undefined && isBefore(phase, from) && (position === 'ends' || name === 'runtimeCreated');
}
