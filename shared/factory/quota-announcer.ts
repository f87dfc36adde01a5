/** Tells once each time that a factory comes near one of its limits. */
import { messageOf } from '../cloud-event-message.ts';
import type { EventSender } from '../requests/refusals.ts';
import type { FactoryBook } from './book.ts';
import type { BookedFactory } from './factory-row.ts';
import { quotaEvent, quotaNames, quotasOf } from './quotas.ts';

export class QuotaAnnouncer {
  readonly #sender: EventSender;
  readonly #book: FactoryBook;
  readonly #source: string;

  /** @param source of the events, an absolute URI */
  constructor(sender: EventSender, book: FactoryBook, source: string) {
    this.#sender = sender;
    this.#book = book;
    this.#source = source;
  }

  /**
   * Sends what was not told of a factory that was counted, and writes down that it is told. Who dies in between sends it again,
   * with the same id.
   * @throws if Service Bus does not take it: it is told after the next count
   */
  async announce(known: BookedFactory): Promise<void> {
    const { factory, alerts, measuredAt } = known;
    if (measuredAt === undefined) return;
    const untold = quotaNames.filter((name) => alerts[name]?.isNear === true && !alerts[name].isTold);
    for (const name of untold) {
      const times = alerts[name]?.times ?? 0;
      const event = quotaEvent(this.#source, { ...known, measuredAt }, name, quotasOf(known)[name], times);
      await this.#sender.sendMessages(messageOf(event, `factories.${factory.name}`));
    }
    if (untold.length > 0) await this.#book.told(known);
  }
}
