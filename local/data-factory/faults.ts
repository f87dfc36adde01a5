import type { HttpsAnswer, HttpsRequest } from '../endpoint/https-endpoint.ts';
import { ArmError } from './errors.ts';
import type { PipelineRuns } from './runs.ts';

/** Switches with which a test provokes what the real service does now and then. */
export class Faults {
  readonly #runs: readonly PipelineRuns[];
  #loseNextRunAnswer = false;
  #throttled = 0;

  constructor(runs: readonly PipelineRuns[]) {
    this.#runs = runs;
  }

  /** The next createRun starts its run, but is answered with 500. */
  loseNextRunAnswer(): void {
    this.#loseNextRunAnswer = true;
  }

  /** The next requests are refused with 429 and `Retry-After: 1`. */
  throttleNext(requests: number): void {
    this.#throttled = requests;
  }

  /** The next run shows only after so many milliseconds: the service takes a moment, too. */
  showNextRunAfter(milliseconds: number): void {
    for (const runs of this.#runs) runs.hideNext(milliseconds);
  }

  /** New runs stay queued until this is switched off. */
  holdRuns(held: boolean): void {
    for (const runs of this.#runs) runs.hold(held);
  }

  /** Answers a request, or not, as the switches say. */
  apply({ url }: HttpsRequest, answer: () => HttpsAnswer): HttpsAnswer {
    if (this.#throttled > 0) {
      this.#throttled -= 1;
      throw new ArmError(429, 'TooManyRequests', 'The request is being throttled.', { 'retry-after': '1' });
    }
    const answered = answer();
    if (!this.#loseNextRunAnswer || !/\/createrun$/i.test(url.pathname)) return answered;
    this.#loseNextRunAnswer = false;
    throw new ArmError(500, 'InternalServerError', 'An internal error occurred.');
  }
}
