/** Tells when the pipelines of the local Data Factory have come as far as they come without time passing. */
import type { Clock, VirtualClock } from '../../../local/endpoint/clock.ts';

/** A pause before an activity is tried again is shorter than this, the timeout of an activity longer. */
const LONGEST_PAUSE_MS = 5 * 60_000;
/** In real time; when no run has begun or ended for so long, they hang. */
const PATIENCE_MS = 60_000;

export class RunProgress {
  /** The clock of the Data Factory. */
  readonly clock: Clock;
  readonly #active = new Set<string>();
  #pauses = 0;
  #change = Promise.withResolvers<void>();

  constructor(clock: VirtualClock) {
    this.clock = {
      now: () => clock.now(),
      after: (milliseconds, callback) => {
        const isPause = milliseconds <= LONGEST_PAUSE_MS;
        let isOver = false;
        const end = () => {
          if (isPause && !isOver) this.#pauses -= 1;
          isOver = true;
        };
        if (isPause) this.#pauses += 1;
        this.#tell();
        const cancel = clock.after(milliseconds, () => {
          end();
          callback();
        });
        return () => {
          end();
          cancel();
        };
      },
    };
  }

  /** Takes a line of the Data Factory's log. */
  note(line: string): void {
    const [, run, status = ''] = /^pipeline run (\S+) of '[^']*': (\w+)/.exec(line) ?? [];
    if (run === undefined) return;
    if (status === 'InProgress' || status === 'Canceling') this.#active.add(run);
    else this.#active.delete(run);
    this.#tell();
  }

  /** Resolves when every run that has begun has ended, or pauses. */
  async settled(): Promise<void> {
    while (this.#active.size > 0 && this.#pauses === 0) {
      const impatience = Promise.withResolvers<never>();
      const hang = () => impatience.reject(new Error(`Pipeline runs hang: ${[...this.#active].join(', ')}`));
      const timer = setTimeout(hang, PATIENCE_MS);
      await Promise.race([this.#change.promise, impatience.promise]).finally(() => clearTimeout(timer));
    }
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
