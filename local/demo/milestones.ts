import type { ReceivedEvent } from './event-subscription.ts';

/** Lets the demo wait for events by name. */
export class Milestones {
  readonly #waiting = new Map<string, PromiseWithResolvers<ReceivedEvent>>();

  /** The event of that name, such as `runtime-created`, once it has come. Rejects if the setup fails before. */
  of(name: string): Promise<ReceivedEvent> {
    return this.#entry(name).promise;
  }

  /** Takes an event. */
  reach(event: ReceivedEvent): void {
    const name = event.type.split('.').at(-2) ?? '';
    this.#entry(name).resolve(event);
    if (name !== 'failed') return;
    const failure = new Error(`The setup failed: ${JSON.stringify(event.data['failure'])}`);
    for (const { reject } of this.#waiting.values()) reject(failure);
  }

  #entry(name: string): PromiseWithResolvers<ReceivedEvent> {
    const known = this.#waiting.get(name);
    if (known !== undefined) return known;
    const entry = Promise.withResolvers<ReceivedEvent>();
    this.#waiting.set(name, entry);
    return entry;
  }
}
