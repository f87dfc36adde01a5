/** The choice of a factory for an attempt: who can take it by the book, who of them answers, and a place there. */
import type { StoppedOutput } from '../../shared/durable.ts';
import { mayTakePlace } from '../../shared/factory/book.ts';
import { rankFactories } from '../../shared/factory/placement.ts';
import type { Services } from '../../shared/services.ts';
import type { Factory, FactoryCandidate } from '../../shared/setup/setup.ts';
import type { Subject } from '../subjects.ts';
import { Inquiry } from './factory-inquiry.ts';

/**
 * Others choose at the same moment. After so many choices in vain, or so long, the next try of the activity goes on: a fenced
 * activity must end within a minute of its check.
 */
const CHOICES = 20;
const LONGEST_CHOICE_MS = 20_000;
const LACKS_RUNTIME = 'does not have the runtime that is to be reused';

/** What limits a choice: the factory of the attempt before, or a runtime that is to be reused, with the factory that has it. */
export interface Limits {
  /** Of the environment. No setup goes to a factory of another region. */
  readonly region?: string;
  readonly known?: Factory | undefined;
  readonly runtime?: { readonly name: string; readonly factory: Factory } | undefined;
}

/** A choice, with what was known of each factory. No factory if none can take the setup. */
interface Choice {
  readonly factory?: Factory;
  readonly candidates: FactoryCandidate[];
}

/**
 * Chooses a factory and takes a place in it for an attempt, or takes over that of an earlier one.
 * @throws {Error} what is worth a retry: others chose at the same moment, or factories do not answer
 */
export async function chooseFactory(
  subject: Pick<Subject, 'key' | 'attempt'>,
  { known, runtime, region }: Limits,
  services: Services,
): Promise<Choice | StoppedOutput> {
  const { book, settings, clock } = services;
  const wanted = [known ?? runtime?.factory ?? settings.MIGRATION_FACTORIES].flat();
  const isElsewhere = (factory: Factory) => factory.region !== undefined && factory.region !== region;
  const allowed = wanted.filter((factory) => !isElsewhere(factory));
  const elsewhere = wanted.filter(isElsewhere).map((factory) => elsewhereCandidate(factory, region));
  const inquiry = new Inquiry(services, runtime?.name);
  const begun = clock.now().getTime();
  for (let choice = 0; choice < CHOICES && clock.now().getTime() - begun < LONGEST_CHOICE_MS; choice += 1) {
    const view = await book.read(allowed, subject);
    // A late repetition must take nothing: its attempt may have given its place back, or a later one may have it.
    if (!mayTakePlace(view.place, subject.attempt)) return { stopped: 'superseded' };
    const ranking = rankFactories(view.factories);
    const candidates = [...ranking.map(({ candidate }) => candidate), ...elsewhere];
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
      if (await book.reserve(best, subject, view)) return { factory: best.factory, candidates };
      continue;
    }
    for (const answer of answers) if (answer.kind === 'throttled') throw answer.error;
    // Those that did not answer are out from now on; whoever has not been asked yet is drawn next.
    const others = ranking.some(({ known: one, candidate }) => candidate.eligible && !drawn.includes(one));
    if (others || answers.some(({ kind }) => kind === 'news')) continue;
    if (answers.every(({ kind }) => kind === 'gone')) {
      const ranked = rankFactories(await book.readAll(allowed));
      return { candidates: [...ranked.map(({ candidate }) => candidate), ...elsewhere] };
    }
    throw new Error(drawn.map(({ factory }) => `${factory.name} does not answer`).join('; '));
  }
  throw new Error('No factory could be chosen in time: others chose at the same moment, or some did not answer');
}

function elsewhereCandidate({ name, region: own = '' }: Factory, region = 'unknown'): FactoryCandidate {
  const obstacle = `is in region ${own}, the environment in region ${region}`;
  return { name, eligible: false, score: 0, reasons: [obstacle], obstacle };
}
