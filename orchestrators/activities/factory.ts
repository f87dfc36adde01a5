import { messageOf } from '../../shared/error-message.ts';
import type { BookedFactory } from '../../shared/factory/book.ts';
import { drawCandidates, rankFactories } from '../../shared/factory/placement.ts';
import { isThrottled } from '../../shared/rest-errors.ts';
import type { Services } from '../../shared/services.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { Implementation } from './implementation.ts';

/** Others choose at the same moment: after so many choices in vain, the next try of the activity goes on. */
const CHOICES = 20;
const LACKS_RUNTIME = 'does not have the runtime that is to be reused';

export const selectFactory: Implementation<'selectFactory'> = async ({ known, runtime, ...subject }, services) => {
  const { book, store, settings } = services;
  // A late repetition must not choose again: the place may have been given back since.
  const own = (await store.milestonesOf(subject)).filter(({ origin }) => origin === subject.attempt);
  const chosen = dataOf(own, 'factorySelected');
  if (chosen !== undefined) return chosen;

  const allowed = [known ?? runtime?.factory ?? settings.MIGRATION_FACTORIES].flat();
  for (let choice = 0; choice < CHOICES; choice += 1) {
    const view = await book.read(allowed, subject);
    const ranking = rankFactories(view.factories);
    const candidates = ranking.map(({ candidate }) => candidate);
    const held = view.factories.find(({ isOwn }) => isOwn);
    const drawn = held === undefined ? drawCandidates(ranking, Math.random) : [held];
    if (drawn.length === 0) return { candidates };

    const answers = await Promise.all(drawn.map((factory) => ask(factory, runtime?.name, services)));
    if (answers.includes('lacks the runtime')) {
      return { candidates: candidates.map((one) => ({ ...one, eligible: false, obstacle: LACKS_RUNTIME })) };
    }
    const ready = new Set(drawn.filter((_, index) => answers[index] === 'answers'));
    const best = ranking.find(({ known: one }) => ready.has(one))?.known;
    if (best === undefined) {
      if (drawn.some(({ silence }, index) => silence === undefined || answers[index] !== 'silent')) continue;
      if (known !== undefined) return { candidates };
      throw new Error(drawn.map(({ factory, silence }) => `${factory.name} does not answer: ${silence}`).join('; '));
    }
    if (!(await book.reserve(best, subject, view))) continue;
    // The attempt may have given everything back while this was under way.
    if (!(await book.isSpent(subject))) return { factory: best.factory, candidates };
    await book.release(subject, 0);
    return { stopped: 'superseded' };
  }
  throw new Error(`Others changed the book of factories at the same moment, ${CHOICES} times.`);
};

/** What a factory said. `news` has changed what is known of it. */
type Answer = 'answers' | 'news' | 'silent' | 'lacks the runtime';

/** Asks a factory whether it answers, and counts what it carries if nobody has. */
async function ask(
  { factory, silence, ...before }: BookedFactory,
  runtimeName: string | undefined,
  { book, factories }: Services,
): Promise<Answer> {
  try {
    if (before.measuredAt === undefined) {
      await book.measured({ factory, silence, ...before }, await factories.load(factory));
      return 'news';
    }
    if (runtimeName === undefined) await factories.check(factory);
    else if ((await factories.runtime(factory, runtimeName)) === undefined) return 'lacks the runtime';
  } catch (error) {
    // Its subscription answers nobody for a while, and nothing is wrong with the factory.
    if (isThrottled(error)) throw error;
    await book.answered(factory, messageOf(error));
    return 'silent';
  }
  if (silence === undefined) return 'answers';
  await book.answered(factory, undefined);
  return 'news';
}

export const releaseFactory: Implementation<'releaseFactory'> = async ({ entities, ...subject }, { book }) => {
  await book.spend(subject);
  await book.release(subject, entities);
  return null;
};

export const measureFactory: Implementation<'measureFactory'> = async ({ factory }, { book, factories }) => {
  const before = await book.get(factory);
  try {
    await book.measured(before, await factories.load(factory));
    return { measured: true };
  } catch (error) {
    const reason = messageOf(error);
    if (!isThrottled(error)) await book.answered(factory, reason);
    return { measured: false, reason };
  }
};
