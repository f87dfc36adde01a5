/** A refusal as the service words it: an AMQP error condition and a description. */
export class AmqpFailure extends Error {
  readonly condition: string;

  constructor(condition: string, description: string) {
    super(description);
    this.name = 'AmqpFailure';
    this.condition = condition;
  }
}

/** Any thrown value as a failure; what was not foreseen becomes `amqp:internal-error`. */
export function toFailure(error: unknown): AmqpFailure {
  if (error instanceof AmqpFailure) return error;
  return new AmqpFailure('amqp:internal-error', error instanceof Error ? error.message : String(error));
}

/** The request is well formed, but this broker does not support it; `gap` names what. */
export function notSupported(gap: string): AmqpFailure {
  return new AmqpFailure('amqp:not-implemented', `The local Service Bus does not support ${gap}.`);
}

export function notAllowed(description: string): AmqpFailure {
  return new AmqpFailure('amqp:not-allowed', description);
}

/** The SDK recognises a missing entity by the words of this description, not by the condition. */
export function entityNotFound(address: string): AmqpFailure {
  return new AmqpFailure('amqp:not-found', `The messaging entity '${address}' could not be found.`);
}

export function messageNotFound(sequenceNumber: number): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:message-not-found',
    `The message with sequence number ${sequenceNumber} could not be found.`,
  );
}

export function messageLockLost(): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:message-lock-lost',
    'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  );
}

export function sessionLockLost(sessionId: string): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:session-lock-lost',
    `The session lock on '${sessionId}' has expired or was released.`,
  );
}

export function sessionCannotBeLocked(sessionId: string): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:session-cannot-be-locked',
    `The requested session '${sessionId}' cannot be accepted. It may be locked by another receiver.`,
  );
}

export function noSessionInTime(): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:timeout',
    'The operation did not complete within the allotted time: no session with messages is available.',
  );
}

/** https://learn.microsoft.com/azure/service-bus-messaging/service-bus-throttling */
export function serverBusy(): AmqpFailure {
  return new AmqpFailure(
    'com.microsoft:server-busy',
    'The request was terminated because the entity is being throttled. Error code: 50009. Please wait 2 seconds and try again.',
  );
}

export function entityFull(address: string): AmqpFailure {
  return new AmqpFailure(
    'amqp:resource-limit-exceeded',
    `The maximum entity size has been reached or exceeded for '${address}'.`,
  );
}

export function messageTooLarge(size: number, limit: number): AmqpFailure {
  return new AmqpFailure(
    'amqp:link:message-size-exceeded',
    `The received message (size: ${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
  );
}

export function unauthorized(description: string): AmqpFailure {
  return new AmqpFailure('amqp:unauthorized-access', description);
}
