/** What a replay does: where it begins, what it takes over, and what it does again. Pure. */
import { isAssessment } from './assessment.ts';
import type { SetupRecord } from './head.ts';
import { canFollow, isBefore, milestones, phases } from './states.ts';
import type { MilestoneName, Phase, SetupState } from './states.ts';

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

/** Whether what is in a state can be tried again. What was deleted is asked for anew. */
export function isReplayable(state: SetupState): boolean {
  return state !== 'Deleted' && canFollow('accepted', state);
}

/** The phase at which a replay begins at the latest: the one in which the attempt ended. An assessment measures anew. */
export function latestReplay(setup: Pick<SetupRecord, 'setupId' | 'phase'>): Phase {
  return isAssessment(setup) && isBefore('Assessment', setup.phase) ? 'Assessment' : setup.phase;
}

/**
 * The phase at which a replay begins.
 * @param reached as `latestReplay` has it
 * @param wanted undefined: that phase
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

/** @param order of the phases, as `phasesOf` has it */
export function replayPlan(from: Phase, order: readonly Phase[] = phases): ReplayPlan {
  const before = order.filter((phase) => isBefore(phase, from));
  return {
    from,
    reused: before.filter((phase) => !repeated.has(phase)),
    rechecked: before.flatMap((phase) => {
      const question = questions[phase];
      return question === undefined ? [] : [{ phase, question }];
    }),
    repeated: order.filter((phase) => repeated.has(phase) || !isBefore(phase, from)),
  };
}

/** Whether an attempt that begins at a phase takes a milestone over: what ended an earlier phase, and its runtime. */
export function isTakenOver(name: MilestoneName, from: Phase): boolean {
  const { phase, position } = milestones[name];
  return phase !== undefined && isBefore(phase, from) && (position === 'ends' || name === 'runtimeCreated');
}
