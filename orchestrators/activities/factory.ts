import { messageOf } from '../../shared/error-message.ts';
import type { BookedFactory } from '../../shared/factory/book.ts';
import { drawCandidates, rankFactories } from '../../shared/factory/placement.ts';
import type { RankedFactory } from '../../shared/factory/placement.ts';
import { isGone, isThrottled } from '../../shared/rest-errors.ts';
import type { Services } from '../../shared/services.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { Implementation } from './implementation.ts';

/**
 * Others choose at the same moment. After so many choices in vain, or so long, the next try of the activity goes on: a fenced
 * activity must end within a minute of its check.
 */
const CHOICES = 20;
const LONGEST_CHOICE_MS = 20_000;
/** A factory that is full as far as the book knows is counted again, if that is older: somebody may have made room. */
const FRESH_MS = 60_000;
const COUNTED_AGAIN = 4;
const LACKS_RUNTIME = 'does not have the runtime that is to be reused';

export const selectFactory: Implementation<'selectFactory'> = async ({ known, runtime, ...subject }, services) => {
  const { book, store, settings, clock } = services;
  // A late repetition must not choose again: the place may have been given back since.
  const own = (await store.milestonesOf(subject)).filter(({ origin }) => origin === subject.attempt);
  const chosen = dataOf(own, 'factorySelected');
  if (chosen !== undefined) return chosen;

  const allowed = [known ?? runtime?.factory ?? settings.MIGRATION_FACTORIES].flat();
  const inquiry = new Inquiry(services, runtime?.name);
  const begun = clock.now().getTime();
  for (let choice = 0; choice < CHOICES && clock.now().getTime() - begun < LONGEST_CHOICE_MS; choice += 1) {
    const view = await book.read(allowed, subject);
    if (view.place !== undefined && view.place.attempt > subject.attempt) return { stopped: 'superseded' };
    const ranking = rankFactories(view.factories);
    const candidates = ranking.map(({ candidate }) => candidate);
    const drawn = inquiry.draw(ranking);
    if (drawn.length === 0) {
      if (await inquiry.countAgain(ranking)) continue;
      return { candidates };
    }

    const answers = await Promise.all(drawn.map((factory) => inquiry.ask(factory)));
    if (answers.some(({ kind }) => kind === 'lacks the runtime')) {
      return { candidates: candidates.map((one) => ({ ...one, eligible: false, obstacle: LACKS_RUNTIME })) };
    }
    const best = ranking.find(({ known: one }) => answers[drawn.indexOf(one)]?.kind === 'answers')?.known;
    if (best !== undefined) {
      if (!(await book.reserve(best, subject, view))) continue;
      // The attempt may have given everything back while this was under way.
      if (!(await book.isSpent(subject))) return { factory: best.factory, candidates };
      await book.release(subject, 0);
      return { stopped: 'superseded' };
    }
    for (const answer of answers) if (answer.kind === 'throttled') throw answer.error;
    // Those that did not answer are out from now on; whoever has not been asked yet is drawn next.
    const others = ranking.some(({ known: one, candidate }) => candidate.eligible && !drawn.includes(one));
    if (others || answers.some(({ kind }) => kind === 'news')) continue;
    if (answers.every(({ kind }) => kind === 'gone')) {
      return { candidates: rankFactories(await book.readAll(allowed)).map(({ candidate }) => candidate) };
    }
    throw new Error(drawn.map(({ factory }) => `${factory.name} does not answer`).join('; '));
  }
  throw new Error('No factory could be chosen in time: others chose at the same moment, or some did not answer');
};

/** What a factory said. `news` has changed what is known of it; `gone` will not change by itself. */
type Answer =
  | { readonly kind: 'answers' | 'news' | 'silent' | 'gone' | 'lacks the runtime' }
  | { readonly kind: 'throttled'; readonly error: unknown };

/** The questions of one selection: who has answered it is not asked again. */
class Inquiry {
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
    const answered = ranking.filter(
      ({ known, candidate }) => candidate.eligible && this.#answered.has(nameOf(known.factory)),
    );
    return answered.length > 0 ? answered.map(({ known }) => known) : drawCandidates(ranking, Math.random);
  }

  /** Asks a factory whether it answers, and counts what it carries if nobody has. */
  async ask(known: BookedFactory): Promise<Answer> {
    const { book, factories } = this.#services;
    const { factory, silence } = known;
    if (this.#answered.has(nameOf(factory))) return { kind: 'answers' };
    if (known.measuredAt === undefined) return this.#count(known);
    try {
      if (this.#runtimeName === undefined) await factories.check(factory);
      else if ((await factories.runtime(factory, this.#runtimeName)) === undefined)
        return { kind: 'lacks the runtime' };
    } catch (error) {
      return this.#silent(known, error);
    }
    this.#answered.add(nameOf(factory));
    if (silence === undefined) return { kind: 'answers' };
    await book.answered(factory, undefined);
    return { kind: 'news' };
  }

  /** Counts, once, the least full of those that were not counted lately. @returns whether there were any */
  async countAgain(ranking: readonly RankedFactory<BookedFactory>[]): Promise<boolean> {
    if (this.#hasCountedAgain) return false;
    this.#hasCountedAgain = true;
    const before = this.#services.clock.now().getTime() - FRESH_MS;
    const stale = ranking.filter(
      ({ known: { measuredAt } }) => measuredAt !== undefined && measuredAt.getTime() < before,
    );
    await Promise.all(stale.slice(0, COUNTED_AGAIN).map(({ known }) => this.#count(known)));
    return stale.length > 0;
  }

  async #count(known: BookedFactory): Promise<Answer> {
    const { book, factories } = this.#services;
    let load;
    try {
      load = await factories.load(known.factory);
    } catch (error) {
      return this.#silent(known, error);
    }
    // Whether it has the runtime is still to be asked.
    if (this.#runtimeName === undefined) this.#answered.add(nameOf(known.factory));
    await book.measured(known, load);
    return { kind: 'news' };
  }

  async #silent({ factory }: BookedFactory, error: unknown): Promise<Answer> {
    // Its subscription answers nobody for a while, and nothing is wrong with the factory.
    if (isThrottled(error)) return { kind: 'throttled', error };
    await this.#services.book.answered(factory, messageOf(error));
    return { kind: isGone(error) ? 'gone' : 'silent' };
  }
}

function nameOf({ subscriptionId, resourceGroup, name }: BookedFactory['factory']): string {
  return [subscriptionId, resourceGroup, name].join('|');
}

export const releaseFactory: Implementation<'releaseFactory'> = async ({ entities, ...subject }, { book }) => {
  await book.spend(subject);
  await book.release(subject, entities);
  return null;
};

export const measureFactory: Implementation<'measureFactory'> = async ({ factory }, { book, factories }) => {
  const before = await book.get(factory);
  let load;
  try {
    load = await factories.load(factory);
  } catch (error) {
    if (isThrottled(error)) throw error;
    const reason = messageOf(error);
    await book.answered(factory, reason);
    return { measured: false, reason };
  }
  await book.measured(before, load);
  return { measured: true };
};
