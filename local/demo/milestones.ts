import type { ReceivedEvent } from './event-subscription.ts';

/** Lets the demo wait for events by name. */
export class Milestones {
  readonly #waiting = new Map<string, PromiseWithResolvers<ReceivedEvent>>();
  #failure: Error | undefined;

  /** The event of that name, such as `runtime-created`, once it has come. Rejects if the setup fails before. */
  of(name: string): Promise<ReceivedEvent> {
    if (this.#failure !== undefined && !this.#waiting.has(name)) return Promise.reject(this.#failure);
    return this.#entry(name).promise;
  }

  /** Takes an event. */
  reach(event: ReceivedEvent): void {
    const name = event.type.split('.').at(-2) ?? '';
    this.#entry(name).resolve(event);
    if (name === 'failed') this.fail(new Error(`The setup failed: ${JSON.stringify(event.data['failure'])}`));
  }

  /** No more events come, for this reason. */
  fail(reason: Error): void {
    this.#failure = reason;
    for (const { reject } of this.#waiting.values()) reject(reason);
  }

  #entry(name: string): PromiseWithResolvers<ReceivedEvent> {
    const known = this.#waiting.get(name);
    if (known !== undefined) return known;
    const entry = Promise.withResolvers<ReceivedEvent>();
    this.#waiting.set(name, entry);
    return entry;
  }
}
