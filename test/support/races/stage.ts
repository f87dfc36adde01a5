/**
 * Who acts when. Everything that an actor does outside itself passes a gate, and fast-check's scheduler says whose step is
 * the next. A step is whole, and between two steps everybody comes to the next gate: so a seed names one course.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import type fc from 'fast-check';

/** Turns of the event loop in which an actor that reads a body or checks a token must come to a gate. */
const MOST_TURNS = 100_000;

interface ActorOptions {
  /** Whether it also waits for what others do, or for time to pass. It then does nothing else between two gates. */
  readonly waits?: boolean;
  /** How many steps it does before it is killed without a trace, as a host is. */
  readonly steps?: number | undefined;
}

class Actor {
  readonly name: string;
  /** Steps that wait at a gate. */
  atGates = 0;
  isOver = false;
  readonly #waits: boolean;
  #stepsLeft: number;

  constructor(name: string, { waits = false, steps = Number.POSITIVE_INFINITY }: ActorOptions) {
    this.name = name;
    this.#waits = waits;
    this.#stepsLeft = steps;
  }

  /** Whether it is under way to a gate. */
  get isBusy(): boolean {
    return !this.isOver && !this.#waits && this.atGates === 0;
  }

  /** Whether it still lives after this step. */
  countStep(): boolean {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft < 0) this.isOver = true;
    return !this.isOver;
  }
}

export class Stage {
  readonly #actors = new AsyncLocalStorage<Actor>();
  #onStage: Actor[] = [];
  /** What actors threw, each with the actor's name. */
  readonly failures = new Set<string>();
  /** Undefined: steps are done in the order in which they come. */
  scheduler: fc.Scheduler | undefined;

  /** Lets somebody act, beside all others. */
  enter(name: string, act: () => Promise<unknown>, options: ActorOptions = {}): Promise<void> {
    const actor = new Actor(name, options);
    this.#onStage.push(actor);
    return this.#actors.run(actor, async () => {
      try {
        await act();
      } catch (error) {
        this.failures.add(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        actor.isOver = true;
      }
    });
  }

  /** Empties the stage for another course. */
  clear(): void {
    this.#onStage = [];
    this.failures.clear();
    this.scheduler = undefined;
  }

  /** Does a step when its turn comes. Who is nobody's actor need not wait. */
  readonly gate = async <Answer>(step: string, send: () => Answer): Promise<Answer> => {
    const actor = this.#actors.getStore();
    if (actor === undefined) return send();
    if (!actor.countStep()) return new Promise<never>(() => undefined);
    if (this.scheduler === undefined) return send();
    actor.atGates += 1;
    await this.scheduler.schedule(Promise.resolve(), `${actor.name}: ${step}`);
    actor.atGates -= 1;
    return send();
  };

  /** Plays until nobody has a step left to do. */
  async play(): Promise<void> {
    for (;;) {
      await this.#allAtGates();
      if ((this.scheduler?.count() ?? 0) === 0) return;
      await this.scheduler?.waitNext(1);
    }
  }

  async #allAtGates(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      await setImmediate();
      this.#onStage = this.#onStage.filter(({ isOver }) => !isOver);
      if (!this.#onStage.some(({ isBusy }) => isBusy)) return;
    }
    const busy = this.#onStage.filter(({ isBusy }) => isBusy).map(({ name }) => name);
    throw new Error(`Comes to no gate: ${busy.join(', ')}`);
  }
}
