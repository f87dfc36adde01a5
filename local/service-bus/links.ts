import type { Delivery, EventContext, Receiver, Sender } from 'rhea';
import { dotNetTicks, swapGuidOrder, toNumber } from './amqp.ts';
import type { Destination } from './destination.ts';
import type { Faults } from './faults.ts';
import { AmqpFailure, messageTooLarge, notAllowed, notSupported, sessionLockLost, toFailure } from './errors.ts';
import type { Consumer, Session, StoredMessage } from './lane.ts';
import { Message } from './message.ts';
import type { Outcome, Queue } from './queue.ts';
import {
  ACCEPTED,
  answer,
  answerDrain,
  CreditCounter,
  describeAttach,
  modified,
  receiveRaw,
  rejected,
  RELEASED,
} from './rhea.ts';
import type { HeldSession } from './session.ts';
import { encodeStoredMessage } from './stored-message.ts';

// Standard tier: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
const MAX_MESSAGE_SIZE = 256 * 1024;
const BATCH_FORMAT = 0x80013700;
const SESSION_FILTER = 'com.microsoft:session-filter';
const DEFAULT_SESSION_WAIT_MS = 60_000;
const SENDER_CREDIT = 1_000;

/** Opens the client's link for sending and takes what comes. */
export function openSenderLink(receiver: Receiver, destination: Destination, faults: Faults): void {
  receiveRaw(receiver);
  receiver.set_target({ address: destination.path });
  describeAttach(receiver, { max_message_size: MAX_MESSAGE_SIZE });
  receiver.on('message', ({ message, delivery }: EventContext) => {
    if (delivery === undefined) return;
    try {
      faults.apply(destination.path);
      accept(destination, message as unknown as Buffer, delivery.format);
      answer(delivery, ACCEPTED);
    } catch (error) {
      // Not a detach: the SDK would keep waiting for the answer to this message.
      answer(delivery, rejected(toFailure(error)));
    }
  });
  grantCredit(receiver);
}

/** A client takes a link for open only when it has credit. */
export function grantCredit(receiver: Receiver): void {
  receiver.set_credit_window(SENDER_CREDIT);
  receiver.add_credit(SENDER_CREDIT);
}

export function refuseSenderLink(receiver: Receiver, failure: AmqpFailure): void {
  receiver.close({ condition: failure.condition, description: failure.message });
}

export function refuseReceiverLink(sender: Sender, failure: AmqpFailure): void {
  sender.attach();
  sender.close({ condition: failure.condition, description: failure.message });
}

/** A batch is accepted or rejected as a whole. */
function accept(destination: Destination, body: Buffer, format: unknown): void {
  if (body.length > MAX_MESSAGE_SIZE) throw messageTooLarge(body.length, MAX_MESSAGE_SIZE);
  const messages = decode(body, format);
  for (const message of messages) destination.check(message);
  for (const message of messages) destination.send(message);
}

function decode(body: Buffer, format: unknown): Message[] {
  if (typeof format === 'number' && format !== BATCH_FORMAT) throw notSupported(`message format ${format}`);
  try {
    return format === BATCH_FORMAT ? Message.decodeBatch(body) : [Message.decode(body)];
  } catch (error) {
    throw new AmqpFailure('amqp:decode-error', toFailure(error).message);
  }
}

/** The client's link for receiving, from attach to detach. */
export class ReceiverLink implements Consumer {
  readonly deletesOnReceive: boolean;
  readonly #sender: Sender;
  readonly #queue: Queue;
  readonly #credit: CreditCounter;
  #session: Session | undefined;
  #isAttached = false;

  constructor(sender: Sender, queue: Queue) {
    this.#sender = sender;
    this.#queue = queue;
    this.deletesOnReceive = sender.snd_settle_mode === 1;
    this.#credit = new CreditCounter(sender);
    sender.on('sender_flow', () => {
      this.#pump();
      if (this.#isAttached) answerDrain(sender);
    });
    sender.on('sendable', () => {
      this.#pump();
    });
    sender.on('accepted', ({ delivery }: EventContext) => {
      this.#settle(delivery, { kind: 'complete' }, ACCEPTED);
    });
    sender.on('released', ({ delivery }: EventContext) => {
      this.#settle(delivery, { kind: 'release' }, RELEASED);
    });
    sender.on('rejected', ({ delivery }: EventContext) => {
      this.#settle(delivery, deadLetterOutcome(delivery), rejected());
    });
    sender.on('modified', ({ delivery }: EventContext) => {
      const outcome = modifiedOutcome(delivery);
      this.#settle(delivery, outcome, modified(outcome.kind === 'defer'));
    });
  }

  /** Answers the attach, which for the next session may take until there is one. Refuses it by rejecting. */
  async open(): Promise<void> {
    const filter = sessionFilterOf(this.#sender);
    if (filter === undefined && this.#queue.requiresSession) {
      throw notAllowed(
        `It is not possible for an entity that requires sessions to create a non-sessionful message receiver: '${this.#queue.path}'.`,
      );
    }
    if (filter === undefined) {
      this.#queue.join(this);
      this.#attach();
      return;
    }
    if (!this.#queue.requiresSession) {
      throw notAllowed(
        `A sessionful message receiver cannot be created on '${this.#queue.path}', which has no sessions.`,
      );
    }
    this.#attach(await this.#acceptSession(filter.sessionId));
  }

  close(): void {
    this.#isAttached = false;
    this.#queue.leave(this);
  }

  capacity(): number {
    return this.#isAttached ? this.#credit.available : 0;
  }

  deliver(stored: StoredMessage, lockToken: string): void {
    const tag = swapGuidOrder(Buffer.from(lockToken, 'hex'));
    this.#credit.spend(this.#sender.send(encodeStoredMessage(stored), tag, 0));
  }

  loseSession(sessionId: string): void {
    this.#isAttached = false;
    const { condition, message } = sessionLockLost(sessionId);
    this.#sender.close({ condition, description: message });
  }

  async #acceptSession(sessionId: string | undefined): Promise<HeldSession> {
    if (sessionId !== undefined) return this.#queue.sessions.acceptNamed(this, sessionId);
    const timeout: unknown = this.#sender.properties?.['com.microsoft:timeout'];
    return this.#queue.sessions.acceptNext(this, timeout === undefined ? DEFAULT_SESSION_WAIT_MS : toNumber(timeout));
  }

  #attach(session?: HeldSession): void {
    const sender = this.#sender;
    this.#session = session;
    const filter = session && { [SESSION_FILTER]: session.id };
    sender.set_source({ address: sender.source.address, ...(filter && { filter }) });
    sender.set_target({ address: sender.target?.address ?? '' });
    describeAttach(sender, {
      snd_settle_mode: sender.snd_settle_mode,
      rcv_settle_mode: sender.rcv_settle_mode,
      max_message_size: MAX_MESSAGE_SIZE,
      ...(session && { properties: { 'com.microsoft:locked-until-utc': dotNetTicks(session.hold.until) } }),
    });
    sender.attach();
    // rhea writes transfers queued in this tick before the attach; a client that sent credit along would get them first.
    setImmediate(() => {
      this.#isAttached = sender.is_open();
      this.#pump();
      if (this.#isAttached) answerDrain(sender);
    });
  }

  #pump(): void {
    if (this.#isAttached) this.#queue.pump(this.#session);
  }

  #settle(delivery: Delivery | undefined, outcome: Outcome, confirmation: { described(): object }): void {
    if (delivery === undefined) return;
    const pump = () => {
      this.#pump();
    };
    try {
      const token = swapGuidOrder(delivery.tag as Buffer).toString('hex');
      this.#queue.settle(token, outcome, this.#session?.id);
      answer(delivery, confirmation, pump);
    } catch (error) {
      answer(delivery, rejected(toFailure(error)), pump);
    }
  }
}

/** `undefined` without a filter; a filter without an id asks for the next available session. */
function sessionFilterOf({ source }: Sender): { sessionId: string | undefined } | undefined {
  const filter: Readonly<Record<string, unknown>> = source.filter ?? {};
  if (!(SESSION_FILTER in filter)) return undefined;
  const value = filter[SESSION_FILTER];
  // Other SDKs send the id as a described value.
  const id = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return { sessionId: typeof id === 'string' ? id : undefined };
}

interface RemoteState {
  readonly undeliverable_here?: boolean | null;
  readonly message_annotations?: Readonly<Record<string, unknown>> | null;
  readonly error?: { readonly description?: string; readonly info?: Readonly<Record<string, unknown>> | null } | null;
}

function modifiedOutcome(delivery: Delivery | undefined): Outcome {
  const state: RemoteState = delivery?.remote_state ?? {};
  const properties = state.message_annotations ?? {};
  return { kind: state.undeliverable_here === true ? 'defer' : 'abandon', properties };
}

function deadLetterOutcome(delivery: Delivery | undefined): Outcome {
  const { error }: RemoteState = delivery?.remote_state ?? {};
  const { DeadLetterReason: reason, DeadLetterErrorDescription: description, ...properties } = error?.info ?? {};
  return {
    kind: 'dead-letter',
    reason: typeof reason === 'string' ? reason : undefined,
    description: typeof description === 'string' ? description : error?.description,
    properties,
  };
}
