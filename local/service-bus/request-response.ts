import type { EventContext, Message, Receiver, Sender } from 'rhea';
import { grantCredit } from './links.ts';

/** A request on `$cbs` or an entity's `$management`. */
export interface Request {
  readonly body: unknown;
  readonly applicationProperties: Readonly<Record<string, unknown>>;
}

export interface Reply {
  readonly applicationProperties: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Opens the client's link for requests; each is answered on the link of the same session that it names for replies. */
export function openRequestLink(receiver: Receiver, handle: (request: Request) => Promise<Reply>): void {
  receiver.set_target({ address: receiver.target.address });
  receiver.on('message', ({ message, delivery }: EventContext) => {
    if (message === undefined) return;
    delivery?.accept();
    const request = { body: message.body as unknown, applicationProperties: message.application_properties ?? {} };
    void handle(request).then(({ applicationProperties, body }) => {
      const replies = receiver.session.find_sender((link: Sender) => isReplyLink(link, message.reply_to));
      if (replies?.is_open() !== true) return;
      const reply = { correlation_id: message.message_id, application_properties: applicationProperties, body };
      replies.send(reply as Message);
    });
  });
  grantCredit(receiver);
}

/** Opens the client's link for replies. */
export function openReplyLink(sender: Sender): void {
  sender.set_source({ address: sender.source.address });
  sender.set_target({ address: sender.target?.address ?? '' });
  sender.attach();
}

/** `$cbs` clients name the link, `$management` clients the address of its target. */
function isReplyLink(link: Sender, replyTo: string | undefined): boolean {
  return link.name === replyTo || link.target?.address === replyTo;
}
