import { RestError } from '@azure/core-rest-pipeline';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** A request whose answer gets lost. */
export interface LostAnswer {
  readonly method: string;
  /** Part of the URL. */
  readonly url: string;
  /** Whether the client takes it for a broken connection, and tries again. */
  readonly retried: boolean;
}

/** Stands between an SDK and its service: what was asked is done, and the client does not hear of it. */
export class LostAnswers {
  #next: LostAnswer | undefined;

  /** Belongs inside the retries of a client. */
  readonly policy: PipelinePolicy = {
    name: 'lostAnswers',
    sendRequest: async (request, next) => {
      const response = await next(request);
      const lost = this.#next;
      if (lost === undefined || request.method !== lost.method || !request.url.includes(lost.url)) return response;
      this.#next = undefined;
      throw new RestError('The answer was lost', lost.retried ? { code: 'ECONNRESET' } : {});
    },
  };

  /** Loses the answer to the next such request. */
  loseNext(answer: LostAnswer): void {
    this.#next = answer;
  }
}
