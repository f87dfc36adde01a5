/** What a selection asks the factories, and what of it is written down in the book. */
import { messageOf } from '../../shared/error-message.ts';
import type { BookedFactory } from '../../shared/factory/factory-row.ts';
import { drawCandidates } from '../../shared/factory/placement.ts';
import type { RankedFactory } from '../../shared/factory/placement.ts';
import { isGone, isThrottled } from '../../shared/requests/rest-errors.ts';
import type { Services } from '../../shared/services.ts';

/** A factory that is full as far as the book knows is counted again, if that is older: somebody may have made room. */
const FRESH_MS = 60_000;
const COUNTED_AGAIN = 4;

/** What a factory said. `news` has changed what is known of it; `gone` will not change by itself. */
type Answer =
  | { readonly kind: 'answers' | 'news' | 'silent' | 'gone' | 'lacks the runtime' }
  | { readonly kind: 'throttled'; readonly error: unknown };

/** The questions of one selection: who has answered it is not asked again. */
export class Inquiry {
  readonly #services: Services;
  readonly #runtimeName: string | undefined;
  readonly #answered = new Set<string>();
  #hasCountedAgain = false;

  constructor(services: Services, runtimeName: string | undefined) {
    this.#services = services;
    this.#runtimeName = runtimeName;
  }

  /** Where the setup has its place already, or who has answered, or two at random. */
  draw(ranking: readonly RankedFactory<BookedFactory>[]): BookedFactory[] {
    const held = ranking.find(({ known: { isOwn, silence } }) => isOwn && silence === undefined);
    if (held !== undefined) return [held.known];
    const answered = ranking.filter(({ known, candidate }) => candidate.eligible && this.#answered.has(known.id));
    return answered.length > 0 ? answered.map(({ known }) => known) : drawCandidates(ranking, Math.random);
  }

  /** Asks a factory whether it answers, and counts what it carries if nobody has. */
  async ask(known: BookedFactory): Promise<Answer> {
    const { book, factories } = this.#services;
    const { factory, silence } = known;
    if (this.#answered.has(known.id)) return { kind: 'answers' };
    if (known.measuredAt === undefined) return this.#count(known);
    try {
      if (this.#runtimeName === undefined) await factories.check(factory);
      else if ((await factories.runtime(factory, this.#runtimeName)) === undefined)
        return { kind: 'lacks the runtime' };
    } catch (error) {
      await noteSilence(known, error, this.#services);
      return answerOf(error);
    }
    this.#answered.add(known.id);
    if (silence === undefined) return { kind: 'answers' };
    await book.answered(factory, undefined);
    return { kind: 'news' };
  }

  /** Counts, once, the least full of those that were not counted lately. @returns whether there were any */
  async countAgain(ranking: readonly RankedFactory<BookedFactory>[]): Promise<boolean> {
    if (this.#hasCountedAgain) return false;
    this.#hasCountedAgain = true;
    const before = this.#services.clock.now().getTime() - FRESH_MS;
    const stale = ranking.filter(({ known: { countedAt } }) => countedAt !== undefined && countedAt.getTime() < before);
    await Promise.all(stale.slice(0, COUNTED_AGAIN).map(({ known }) => this.#count(known)));
    return stale.length > 0;
  }

  async #count(known: BookedFactory): Promise<Answer> {
    const { error } = await countFactory(known, true, this.#services);
    if (error !== undefined) return answerOf(error);
    // Whether it has the runtime is still to be asked.
    if (this.#runtimeName === undefined) this.#answered.add(known.id);
    return { kind: 'news' };
  }
}

/**
 * Counts what a factory carries, and writes it down; or why it did not answer.
 * @param withEntities whether its entities are counted too, whose documents come whole
 * @returns what is known of it if it was counted, or else what was met
 */
export async function countFactory(
  known: BookedFactory,
  withEntities: boolean,
  services: Pick<Services, 'book' | 'factories'>,
): Promise<{ readonly counted: BookedFactory; readonly error?: undefined } | { readonly error: unknown }> {
  let load;
  try {
    const [activeRuns, entities] = await Promise.all([
      services.factories.countRuns(known.factory),
      withEntities ? services.factories.countEntities(known.factory) : undefined,
    ]);
    load = { activeRuns, ...(entities === undefined ? {} : { entities }) };
  } catch (error) {
    await noteSilence(known, error, services);
    return { error };
  }
  return { counted: await services.book.measured(known, load) };
}

/** What is throttled is noted by nobody: its subscription answers no one for a while, and nothing is wrong with the factory. */
async function noteSilence(
  { factory }: BookedFactory,
  error: unknown,
  { book }: Pick<Services, 'book'>,
): Promise<void> {
  if (!isThrottled(error)) await book.answered(factory, messageOf(error));
}

function answerOf(error: unknown): Answer {
  if (isThrottled(error)) return { kind: 'throttled', error };
  return { kind: isGone(error) ? 'gone' : 'silent' };
}
