/** Something that runs until it is stopped. */
export interface Part {
  stop(): Promise<void>;
}

/** Parts that were started, some perhaps not ready yet, so that all can be stopped whatever happened. */
export class RunningParts {
  readonly #outcomes: Promise<[PromiseSettledResult<Part>]>[] = [];

  /** Keeps a part that is starting; gives back the promise. */
  add<Started extends Part>(starting: Promise<Started>): Promise<Started> {
    // Observed at once: it may fail before its starter gets round to awaiting it.
    this.#outcomes.push(Promise.allSettled([starting]));
    return starting;
  }

  /**
   * Waits for what is still starting, then stops all, the last added first. A part that cannot be stopped does not
   * keep the others running; its error is thrown at the end.
   */
  async stop(): Promise<void> {
    const errors: unknown[] = [];
    for (const [outcome] of (await Promise.all(this.#outcomes.splice(0))).reverse()) {
      if (outcome.status === 'rejected') continue;
      await outcome.value.stop().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Some parts could not be stopped.');
  }
}
