/** How an attempt takes back what it made. Every step may run twice, and after a step that did nothing. */
import type { OrchestrationContext } from 'durable-functions';
import { clipList } from '../shared/clip.ts';
import { call, pause, Stopped } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { messageOf } from '../shared/error-message.ts';
import { endedSchema } from '../shared/waits/wait.ts';
import { activities } from './contract.ts';
import type { Placed, Subject } from './subjects.ts';
import { waitForAnswer } from './waits.ts';

/** A step that takes back what another did. */
export interface Undo {
  readonly what: string;
  /** Gives the names of what it removed, and of what stays on purpose. */
  readonly steps: () => Steps<{ readonly removed?: readonly string[]; readonly left?: readonly string[] }>;
}

export interface TakenBack {
  readonly removed: string[];
  readonly left: string[];
  /** Why steps failed. What they should have taken back is part of what is left. */
  readonly failures: string[];
}

/**
 * Takes back newest first. What cannot be taken back is named, so that the end of the attempt is still recorded.
 * @throws {Stopped} if somebody else has taken the attempt over
 */
export function* takeBack(undo: readonly Undo[]): Steps<TakenBack> {
  const removed: string[] = [];
  const left: string[] = [];
  const failures: string[] = [];
  for (const { what, steps } of undo) {
    try {
      const done = yield* steps();
      removed.push(...(done.removed ?? []));
      left.push(...(done.left ?? []));
    } catch (error) {
      if (error instanceof Stopped) throw error;
      failures.push(`${what}: ${messageOf(error)}`);
    }
  }
  return { removed: clipList(removed), left: clipList([...failures, ...left]), failures };
}

/** A place in whatever factory the attempt holds one. What it could not remove there is counted with the factory. */
export function undoPlace(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'place in the factory',
    *steps() {
      yield* call(context, activities.releaseFactory, { ...subject, entities: 0 });
      return {};
    },
  };
}

/** Somebody on site may have installed the runtime: it stays for the next attempt, and is named. */
export function nameRuntime(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'integration runtime',
    *steps() {
      const { runtimeName } = yield* call(context, activities.readCheckpoints, subject);
      return runtimeName === undefined ? {} : { left: [`integration runtime ${runtimeName}, for the next attempt`] };
    },
  };
}

export function undoEntities(context: OrchestrationContext, placed: Placed): Undo {
  return {
    what: `entities in ${placed.factory.name}`,
    *steps() {
      return yield* call(context, activities.removeEntities, placed);
    },
  };
}

/** What it holds is of no use without the setup; a failed one keeps it for its next attempt, as it keeps its password. */
export function undoStaging(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'container in the staging account',
    *steps() {
      return yield* call(context, activities.removeStaging, subject);
    },
  };
}

/** Runs go on when nobody waits for them any more; what they work with must not be removed under them. */
export function undoRuns(context: OrchestrationContext, placed: Placed): Undo {
  return {
    what: 'runs of the preparation pipeline',
    *steps() {
      yield* untilNoRun(context, () => call(context, activities.cancelRuns, placed));
      return {};
    },
  };
}

const RUN_QUESTIONS = 20;
const RUN_PAUSE_MS = 30_000;

/** Asks for the end of runs until none goes on. @throws {Error} if one had not ended in time */
export function* untilNoRun(
  context: OrchestrationContext,
  cancel: () => Steps<{ readonly active: number }>,
): Steps<void> {
  for (let asked = 0; asked < RUN_QUESTIONS; asked += 1) {
    const { active } = yield* cancel();
    if (active === 0) return;
    yield* pause(context, RUN_PAUSE_MS);
  }
  throw new Error(`a run had not ended ${(RUN_QUESTIONS * RUN_PAUSE_MS) / 60_000} minutes after its cancellation`);
}

export function undoMark(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'mark in the environment',
    *steps() {
      yield* call(context, activities.clearEnvironmentMark, subject);
      return { removed: ['mark in the environment'] };
    },
  };
}

/** The claim in the tenant's directory. */
export function undoEnvironment(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'claim of the environment',
    *steps() {
      yield* call(context, activities.releaseEnvironment, subject);
      return {};
    },
  };
}

/** The claims in both databases. That of the destination is taken first, so that without it there is none. */
export function undoClaims(context: OrchestrationContext, placed: Placed): Undo {
  return {
    what: 'claims of both databases',
    *steps() {
      const { holds } = yield* call(context, activities.holdsClaim, placed);
      if (!holds) return {};
      yield* undoAtSource(context, placed, 'release');
      yield* call(context, activities.releaseClaims, placed);
      return { removed: ['claims of both databases'] };
    },
  };
}

/** Longer than a release or a removal takes on a busy server. */
const SOURCE_DEADLINE_MS = 30 * 60_000;

/**
 * Runs a stage of the preparation pipeline that takes back something at the source, which nothing else reaches.
 * @returns the id of its run
 * @throws {Error} if the run does not succeed
 */
export function* undoAtSource(
  context: OrchestrationContext,
  placed: Placed,
  stage: 'release' | 'remove',
  removeSource = false,
): Steps<string> {
  yield* call(context, activities.restorePreparation, placed);
  const { instanceId } = context.df;
  const begun = yield* call(context, activities.startSourceUndo, { ...placed, stage, removeSource, instanceId });
  const run = yield* waitForAnswer(context, begun, {
    eventName: stage,
    answer: endedSchema,
    deadlineMs: SOURCE_DEADLINE_MS,
  });
  if (run?.status === 'Succeeded') return begun.runId;
  throw new Error(run === undefined ? 'its run had not ended after 30 minutes' : run.message);
}
