import type { PipelinePolicy, PipelineRequest, PipelineResponse, SendRequest } from '@azure/core-rest-pipeline';

/** Calls of a table, where something else may happen just before a change is sent: what its writer has not seen. */
export class SlowWrites implements PipelinePolicy {
  readonly name = 'slowWrites';
  #meanwhile: (() => Promise<unknown>) | undefined;

  /** Before the next change. */
  meanwhile(act: () => Promise<unknown>): void {
    this.#meanwhile = act;
  }

  async sendRequest(request: PipelineRequest, next: SendRequest): Promise<PipelineResponse> {
    if (request.method !== 'GET') {
      const act = this.#meanwhile;
      this.#meanwhile = undefined;
      await act?.();
    }
    return next(request);
  }
}
