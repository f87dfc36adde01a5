/**
 * rhea is made for clients first. What a broker needs beyond its public interface is gathered here, with the reason for
 * each step; it relies on internals, so rhea's version is pinned and the contract tests guard it.
 */
import type { Socket } from 'node:net';
import rhea, { type Connection, type Delivery, type Receiver, type Sender, type Session } from 'rhea';
import type { Typed } from './amqp.ts';
import type { AmqpFailure } from './errors.ts';

interface TransferFrame {
  readonly performative: { message_format: number | undefined };
}

interface SessionInternals {
  create_sender(name: string, options?: object): Sender;
  readonly incoming: {
    process(session: unknown): void;
    on_transfer(frame: TransferFrame, receiver: Receiver): void;
  };
  readonly outgoing: {
    process(session: unknown): void;
    available(): number;
    readonly next_pending_delivery: number;
  };
}

interface LinkInternals {
  readonly local: { readonly attach: LocalAttach };
  readonly connection: { _register(): void };
  readonly credit: number;
}

interface SenderInternals extends LinkInternals {
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  readonly _draining: boolean;
  _get_drain: () => boolean;
}

interface ConnectionInternals {
  _disconnected(): void;
}

interface LocalAttach {
  snd_settle_mode?: number;
  rcv_settle_mode?: number;
  max_message_size?: number;
  properties?: Readonly<Record<string, Typed>>;
}

function internalsOf(session: Session): SessionInternals {
  return session as unknown as SessionInternals;
}

const rawReceivers = new WeakSet<Receiver>();

/** Must be called for every session a client opens, before its links are attached. */
export function prepareSession(session: Session): void {
  holdAttaches(internalsOf(session));
  passRawTransfers(internalsOf(session));
}

/**
 * rhea answers an attach at once. Whoever accepts the next session is answered when there is one, so our side of a
 * sender opens only by `attach()`.
 */
function holdAttaches(session: SessionInternals): void {
  const create = session.create_sender.bind(session);
  session.create_sender = (name, options) => Object.assign(create(name, options), { open: () => undefined });
}

/** rhea decodes messages of format 0. On the links named by `receiveRaw` the bytes are passed on as they came. */
function passRawTransfers({ incoming }: SessionInternals): void {
  const onTransfer = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const { performative } = frame;
    if (rawReceivers.has(receiver) && performative.message_format === 0) performative.message_format = undefined;
    onTransfer(frame, receiver);
  };
}

export function receiveRaw(receiver: Receiver): void {
  rawReceivers.add(receiver);
}

/** Fields of our side's attach that rhea has no setters for; to be set before it is sent. */
export function describeAttach(link: Sender | Receiver, fields: LocalAttach): void {
  Object.assign((link as unknown as LinkInternals).local.attach, fields);
}

interface Outcomes {
  accepted(): { described(): object };
  released(): { described(): object };
  rejected(fields: { error: { condition: string; description: string } | undefined }): { described(): object };
  modified(fields: { undeliverable_here: boolean }): { described(): object };
}

const outcomes = rhea.message as unknown as Outcomes;

export const ACCEPTED = outcomes.accepted();
export const RELEASED = outcomes.released();

export function modified(undeliverableHere: boolean): { described(): object } {
  return outcomes.modified({ undeliverable_here: undeliverableHere });
}

export function rejected(failure?: AmqpFailure): { described(): object } {
  const error = failure && { condition: failure.condition, description: failure.message };
  return outcomes.rejected({ error });
}

/**
 * Settles a delivery, sent or received. Each answer goes out by itself: rhea would put neighbouring deliveries that are
 * answered in one tick into one disposition with the outcome of the first.
 */
export function answer(delivery: Delivery, outcome: { described(): object }, afterwards?: () => void): void {
  const { session } = delivery.link;
  // rhea may be in the middle of the list that we are about to have processed.
  queueMicrotask(() => {
    if (session.is_open()) {
      delivery.update(true, outcome.described());
      // A client that settles second never sends a settled disposition, and rhea frees a delivery only when both sides
      // are settled: without this line a link stops after 2,048 deliveries.
      Object.assign(delivery, { remote_settled: true });
      const { incoming, outgoing } = internalsOf(session);
      (delivery.link.is_receiver() ? incoming : outgoing).process(session);
    }
    afterwards?.();
  });
}

/**
 * Answers a drain. rhea does so only while credit is left; when the last message used it up the SDK would wait and then
 * close its link.
 */
export function answerDrain(link: Sender): void {
  const sender = link as unknown as SenderInternals;
  if (!sender._draining) return;
  const getDrain = sender._get_drain.bind(sender);
  sender._get_drain = () => {
    sender.delivery_count += Math.max(0, sender.credit);
    sender.credit = 0;
    sender._get_drain = getDrain;
    return true;
  };
  // Flows are written after the transfers of the same tick, so the messages go first.
  sender.issue_flow = true;
  sender.connection._register();
}

/** How many messages a sender can be given; rhea itself counts a message only when it is written, at the end of the tick. */
export class CreditCounter {
  readonly #sender: Sender;
  #unwritten: number[] = [];

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  get available(): number {
    const { outgoing } = internalsOf(this.#sender.session);
    this.#unwritten = this.#unwritten.filter((id) => id >= outgoing.next_pending_delivery);
    // Beyond the session's buffer rhea throws.
    return Math.min((this.#sender as unknown as LinkInternals).credit - this.#unwritten.length, outgoing.available());
  }

  spend(delivery: Delivery): void {
    this.#unwritten.push(delivery.id);
  }
}

const EMPTY_FRAME = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);

/**
 * Writes once a tick instead of once a frame, and answers input that produced nothing with an empty frame. The SDK leaves
 * Nagle's algorithm on: it holds its next frame until the last is acknowledged, and a kernel with nothing to send delays
 * that by 40 ms.
 */
export function writeOncePerTick(connection: Connection): void {
  const socket = connection['socket'] as Socket;
  socket.prependListener('data', () => {
    socket.cork();
    setImmediate(() => {
      if (socket.writableLength === 0 && socket.writable && connection.is_open()) socket.write(EMPTY_FRAME);
      socket.uncork();
    });
  });
}

/**
 * The socket's end, however it comes. rhea reports only what the peer does; a socket destroyed on our side would leave its
 * heartbeat timers running.
 */
export function onConnectionEnd(connection: Connection, callback: () => void): void {
  (connection['socket'] as Socket).once('close', () => {
    (connection as unknown as ConnectionInternals)._disconnected();
    callback();
  });
}
