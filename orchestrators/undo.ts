/** How an attempt takes back what it made. Every step may run twice, and after a step that did nothing. */
import type { OrchestrationContext } from 'durable-functions';
import { clipList } from '../shared/clip.ts';
import { call, now, Stopped } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { messageOf } from '../shared/error-message.ts';
import type { Factory } from '../shared/setup/setup.ts';
import { activities } from './contract.ts';
import type { Placed, Subject } from './contract.ts';

/** A step that takes back what another did; it gives the names of what it removed. */
export interface Undo {
  readonly what: string;
  readonly steps: () => Steps<readonly string[]>;
}

export interface TakenBack {
  readonly removed: string[];
  readonly left: string[];
}

/**
 * Takes back newest first. What cannot be taken back is named, so that the end of the attempt is still recorded.
 * @throws {Stopped} if somebody else has taken the attempt over
 */
export function* takeBack(undo: readonly Undo[]): Steps<TakenBack> {
  const removed: string[] = [];
  const left: string[] = [];
  for (const { what, steps } of undo) {
    try {
      removed.push(...(yield* steps()));
    } catch (error) {
      if (error instanceof Stopped) throw error;
      left.push(`${what}: ${messageOf(error)}`);
    }
  }
  return { removed: clipList(removed), left: clipList(left) };
}

/** A place in whatever factory the attempt holds one. */
export function undoPlace(context: OrchestrationContext, subject: Subject, factories: Factory[]): Undo {
  return {
    what: 'place in the factory',
    *steps() {
      yield* call(context, activities.releaseFactory, { ...subject, factories });
      return [];
    },
  };
}

export function undoEntities(context: OrchestrationContext, placed: Placed): Undo {
  return {
    what: `entities in ${placed.factory.name}`,
    *steps() {
      const { removed } = yield* call(context, activities.removeEntities, placed);
      return removed;
    },
  };
}

const RUN_QUESTIONS = 20;
const RUN_PAUSE_MS = 30_000;

/** Runs go on when nobody waits for them any more; what they work with must not be removed under them. */
export function undoRuns(context: OrchestrationContext, placed: Placed): Undo {
  return {
    what: 'runs of the preparation pipeline',
    *steps() {
      for (let asked = 0; asked < RUN_QUESTIONS; asked += 1) {
        const { active } = yield* call(context, activities.cancelRuns, placed);
        if (active === 0) return [];
        yield context.df.createTimer(new Date(now(context) + RUN_PAUSE_MS));
      }
      throw new Error(`a run had not ended ${(RUN_QUESTIONS * RUN_PAUSE_MS) / 60_000} minutes after its cancellation`);
    },
  };
}

export function undoMark(context: OrchestrationContext, subject: Subject): Undo {
  return {
    what: 'mark in the environment',
    *steps() {
      yield* call(context, activities.clearEnvironmentMark, subject);
      return ['mark in the environment'];
    },
  };
}
