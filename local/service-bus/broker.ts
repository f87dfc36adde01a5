import type { Connection, Container, EventContext, Receiver, Sender } from 'rhea';
import type { Log, VerifyToken } from '../endpoint/endpoint.ts';
import { putToken } from './cbs.ts';
import type { Faults } from './faults.ts';
import { notSupported, toFailure, unauthorized } from './errors.ts';
import { openSenderLink, ReceiverLink, refuseReceiverLink, refuseSenderLink } from './links.ts';
import { manage } from './management.ts';
import { Namespace } from './namespace.ts';
import { openReplyLink, openRequestLink } from './request-response.ts';
import { onConnectionEnd, prepareSession, writeOncePerTick } from './rhea.ts';

const CBS = '$cbs';

/** Connects what clients do on their links to the entities. */
export class Broker {
  readonly #namespace: Namespace;
  readonly #verifyToken: VerifyToken;
  readonly #faults: Faults;
  readonly #log: Log;
  readonly #authorized = new WeakSet<Connection>();
  readonly #receiverLinks = new Map<Sender, ReceiverLink>();

  constructor(namespace: Namespace, verifyToken: VerifyToken, faults: Faults, log: Log) {
    this.#namespace = namespace;
    this.#verifyToken = verifyToken;
    this.#faults = faults;
    this.#log = log;
  }

  /** Names of links and events are rhea's, seen from the broker: its sender serves a client's receiver. */
  listenTo(container: Container): void {
    offerAnonymous(container);
    container.on('connection_open', ({ connection }: EventContext) => {
      writeOncePerTick(connection);
      onConnectionEnd(connection, () => {
        this.#closeLinks((sender) => sender.connection === connection);
      });
    });
    container.on('session_open', ({ session }: EventContext) => {
      if (session !== undefined) prepareSession(session);
    });
    container.on('sender_open', ({ sender }: EventContext) => {
      if (sender !== undefined) void this.#openForReceiver(sender);
    });
    container.on('receiver_open', ({ receiver }: EventContext) => {
      if (receiver !== undefined) this.#openForSender(receiver);
    });
    for (const event of ['sender_close', 'sender_error']) {
      container.on(event, ({ sender: gone }: EventContext) => {
        this.#closeLinks((sender) => sender === gone);
      });
    }
    container.on('session_close', ({ session }: EventContext) => {
      this.#closeLinks((sender) => sender.session === session);
    });
    container.on('connection_close', ({ connection }: EventContext) => {
      this.#closeLinks((sender) => sender.connection === connection);
    });
    this.#logTrouble(container);
  }

  async #openForReceiver(sender: Sender): Promise<void> {
    // A terminus may be absent on the wire, whatever rhea's types say.
    const address = (sender.source as { address?: string } | undefined)?.address ?? '';
    try {
      if (address.toLowerCase() === CBS) {
        openReplyLink(sender);
        return;
      }
      this.#requireAuthorization(sender.connection, address);
      if (Namespace.isManagement(address)) {
        this.#namespace.managed(address);
        openReplyLink(sender);
        return;
      }
      const link = new ReceiverLink(sender, this.#namespace.source(address));
      this.#receiverLinks.set(sender, link);
      await link.open();
      this.#log(`A receiver on '${address}' was opened.`);
    } catch (error) {
      const failure = toFailure(error);
      this.#log(`A receiver on '${address}' was refused: ${failure.message}`);
      this.#closeLinks((other) => other === sender);
      refuseReceiverLink(sender, failure);
    }
  }

  #openForSender(receiver: Receiver): void {
    const address = (receiver.target as { address?: string } | undefined)?.address;
    try {
      if (address === undefined) throw notSupported('transactions');
      if (address.toLowerCase() === CBS) {
        const { connection } = receiver;
        const authorize = () => {
          this.#authorized.add(connection);
        };
        openRequestLink(receiver, async (request) => putToken(request, this.#verifyToken, authorize));
        return;
      }
      this.#requireAuthorization(receiver.connection, address);
      if (Namespace.isManagement(address)) {
        const entity = this.#namespace.managed(address);
        openRequestLink(receiver, async (request) => manage(entity, request));
        return;
      }
      const destination = this.#namespace.destination(address);
      this.#faults.apply(address);
      openSenderLink(receiver, destination, this.#faults);
      this.#log(`A sender on '${address}' was opened.`);
    } catch (error) {
      const failure = toFailure(error);
      this.#log(`A sender on '${address ?? ''}' was refused: ${failure.message}`);
      refuseSenderLink(receiver, failure);
    }
  }

  #requireAuthorization(connection: Connection, address: string): void {
    if (this.#authorized.has(connection)) return;
    throw unauthorized(`Unauthorized access to '${address}': the connection has put no valid token.`);
  }

  #closeLinks(isGone: (sender: Sender) => boolean): void {
    for (const [sender, link] of this.#receiverLinks) {
      if (!isGone(sender)) continue;
      this.#receiverLinks.delete(sender);
      link.close();
    }
  }

  /** rhea throws errors that nobody listens to. */
  #logTrouble(container: Container): void {
    for (const event of [
      'receiver_error',
      'session_error',
      'connection_error',
      'protocol_error',
      'error',
      'disconnected',
    ]) {
      container.on(event, (trouble: { error?: Error; message?: string }) => {
        const reason = trouble.error?.message ?? trouble.message;
        if (reason !== undefined) this.#log(`AMQP ${event}: ${reason}`);
      });
    }
  }
}

/** The SDK authenticates by tokens on `$cbs`; its SASL layer is anonymous, other SDKs call the same thing MSSBCBS. */
function offerAnonymous(container: Container): void {
  const mechanisms = container.sasl_server_mechanisms as {
    enable_anonymous(): void;
    ANONYMOUS?: unknown;
    MSSBCBS?: unknown;
  };
  mechanisms.enable_anonymous();
  mechanisms.MSSBCBS = mechanisms.ANONYMOUS;
}
