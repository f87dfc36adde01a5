import type { ArrivedEvent } from './history.ts';

/** An event on its way to an orchestration. */
export interface Message {
  readonly instanceId: string;
  /** The execution it is meant for; null for whatever runs under the instance id. */
  readonly executionId: string | null;
  /** Milliseconds since the epoch before which it is not delivered. */
  readonly visibleAt: number;
  readonly event: ArrivedEvent;
}

/** A message as stored; `sequence` grows with every message. */
export interface StoredMessage extends Message {
  readonly sequence: number;
}
