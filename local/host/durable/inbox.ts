import type { StoredMessage } from './message.ts';

/** The messages of a store, kept in memory: every turn asks for them, and most live for a moment only. */
export class Inbox {
  readonly #bySequence = new Map<number, StoredMessage>();
  readonly #byInstance = new Map<string, Set<StoredMessage>>();

  add(message: StoredMessage): void {
    this.#bySequence.set(message.sequence, message);
    const others = this.#byInstance.get(message.instanceId);
    if (others === undefined) this.#byInstance.set(message.instanceId, new Set([message]));
    else others.add(message);
  }

  remove(sequence: number): void {
    const message = this.#bySequence.get(sequence);
    if (message === undefined) return;
    this.#bySequence.delete(sequence);
    const ofInstance = this.#byInstance.get(message.instanceId);
    ofInstance?.delete(message);
    if (ofInstance?.size === 0) this.#byInstance.delete(message.instanceId);
  }

  /** Everything for an instance, due or not. */
  of(instanceId: string): StoredMessage[] {
    return [...(this.#byInstance.get(instanceId) ?? [])];
  }

  /** Ids of the instances for which something is due. */
  instancesDue(now: number): string[] {
    const due = [...this.#byInstance].filter(([, messages]) => [...messages].some(({ visibleAt }) => visibleAt <= now));
    return due.map(([id]) => id);
  }

  /** When the next message after `now` is due, in milliseconds since the epoch. */
  nextDue(now: number): number | undefined {
    let next = Infinity;
    for (const { visibleAt } of this.#bySequence.values()) if (visibleAt > now && visibleAt < next) next = visibleAt;
    return next === Infinity ? undefined : next;
  }
}
