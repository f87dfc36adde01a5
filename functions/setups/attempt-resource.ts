/** An attempt as the API shows it. */
import type { ReachedAttempt } from '../../shared/setup/attempts.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import type { MilestoneRecord } from '../../shared/setup/milestone-data.ts';
import { milestones, phaseAfter, phasesOf } from '../../shared/setup/states.ts';
import type { MilestoneName, Phase } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { Caller } from '../http/access-token.ts';
import { isOperator } from '../http/roles.ts';

const ends: ReadonlySet<MilestoneName> = new Set(['ready', 'completed', 'failed', 'canceled']);

/** Maps an attempt. Who asked for it is for operators only. */
export function attemptResource(caller: Caller, setup: SetupRecord, { attempt, actor, reached }: ReachedAttempt) {
  const begin = reached.find(({ name }) => name === 'accepted');
  const end = endOf(reached);
  const isLast = attempt === setup.attempt;
  const replayOf = dataOf(reached, 'accepted')?.replayOf;
  const last = end ?? reached.at(-1);
  const state = end === undefined && isLast ? setup.state : last && milestones[last.name].state;
  const factory = dataOf(reached, 'factorySelected')?.factory.name;
  const failure = dataOf(reached, 'failed')?.failure;
  return {
    attempt,
    state,
    phase: end === undefined && isLast ? setup.phase : phaseOf(setup, reached),
    from: isLast ? setup.from : dataOf(reached, 'accepted')?.from,
    ...(replayOf === undefined ? {} : { replayOf }),
    ...(isOperator(caller) ? { startedBy: actor } : {}),
    startedAt: begin?.at,
    ...(end === undefined ? {} : { endedAt: end.at }),
    phases: durationsOf(setup, reached),
    takenOver: reached
      .filter(({ name, origin }) => origin !== attempt && milestones[name].position === 'ends')
      .map(({ name, origin }) => ({ phase: milestones[name].phase, attempt: origin })),
    ...(factory === undefined ? {} : { factory }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** How long an attempt spent in each phase that it ended itself, and in the one in which it ended. */
export function durationsOf(setup: SetupRecord, reached: readonly MilestoneRecord[]) {
  const end = endOf(reached);
  const isStopped = end !== undefined && end.name !== 'ready' && end.name !== 'completed';
  const stoppedIn = isStopped ? { record: end, phase: phaseOf(setup, reached) } : undefined;
  const own = reached.filter(({ name, origin, attempt }) => milestones[name].position === 'ends' && origin === attempt);
  const finished = own.map((record) => ({ record, phase: milestones[record.name].phase }));
  return [...finished, ...(stoppedIn === undefined ? [] : [stoppedIn])].map(({ record: { startedAt, at }, phase }) => ({
    phase,
    startedAt,
    finishedAt: at,
    durationMs: Date.parse(at) - Date.parse(startedAt),
  }));
}

function endOf(reached: readonly MilestoneRecord[]): MilestoneRecord | undefined {
  return reached.find(({ name }) => ends.has(name));
}

/** The phase that an attempt came to. */
function phaseOf(setup: SetupRecord, reached: readonly MilestoneRecord[]): Phase {
  return reached
    .filter(({ origin, attempt }) => origin === attempt)
    .reduce<Phase>(
      (phase, { name, data }) =>
        name === 'accepted' ? milestones.accepted.data.parse(data).from : phaseAfter(name, phase, phasesOf(setup)),
      'FactorySelection',
    );
}
