/** The time of a world, and what waits for it. */
export class WorldTime {
  #now: number;
  #timers: { readonly due: number; readonly fire: () => void }[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  readonly now = (): Date => new Date(this.#now);

  /** Fires once, in time. */
  at(due: Date): Promise<void> {
    return new Promise((fire) => {
      this.#timers.push({ due: due.getTime(), fire });
      this.pass(0);
    });
  }

  /** Remembers the time. @returns what brings it back, without anybody who waits */
  keep(): () => void {
    const kept = this.#now;
    return () => {
      this.#now = kept;
      this.#timers = [];
    };
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter((timer) => timer.due <= this.#now);
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now);
    for (const { fire } of due.toSorted((a, b) => a.due - b.due)) fire();
  }
}
