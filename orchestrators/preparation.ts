/**
 * Phases 3 to 6: the preparation pipeline measures both databases and writes down their catalogues, from which the tables are
 * planned; if all checks pass, it creates the procedures and lists companies and extensions. An assessment ends before that.
 */
import type { OrchestrationContext } from 'durable-functions';
import { call, orchestrator } from '../shared/durable.ts';
import type { Steps } from '../shared/durable.ts';
import { runFailure } from '../shared/factory/run-failure.ts';
import { redact } from '../shared/redact.ts';
import { isAssessment } from '../shared/setup/assessment.ts';
import { setupFailure } from '../shared/setup/failure.ts';
import type { SetupFailure } from '../shared/setup/setup.ts';
import type { TakenCatalogues } from '../shared/setup/taken-catalogues.ts';
import { isBefore } from '../shared/setup/states.ts';
import type { Phase } from '../shared/setup/states.ts';
import { endedSchema } from '../shared/waits/wait.ts';
import { activities, orchestrations } from './contract.ts';
import type { Stage, StepsOf } from './contract.ts';
import type { Placed } from './subjects.ts';
import { explained } from './runtime-failure.ts';
import { waitForAnswer } from './waits.ts';

/** Longer than the slowest preparation of a large, fragmented database; shorter than a day of silence. */
const STAGE_DEADLINE_MS = 2 * 60 * 60 * 1000;

export const preparation = orchestrator(orchestrations.preparation, function* (context, input): StepsOf<'preparation'> {
  const { runtimeName, assessmentId, from: begun, ...placed } = input;
  const named = assessmentId === undefined ? {} : { assessmentId };
  yield* call(context, activities.putPreparation, { ...placed, ...named });

  const from = yield* keepAssessment(context, placed, begun);
  if (!isBefore('Assessment', from)) {
    const failed = yield* assess(context, placed, runtimeName, assessmentId);
    if (failed !== undefined) return { ...failed, installs: false };
  }
  if (isAssessment(placed)) return { kind: 'assessed' };

  // Each attempt installs: that is where it claims both databases.
  const installation = yield* runStage(context, placed, 'install', runtimeName);
  if (installation.kind === 'failed') {
    yield* call(context, activities.moveBack, { ...placed, phase: 'Installation' });
    return { ...installation, installs: true };
  }
  if (!isBefore('Inventory', from)) {
    yield* call(context, activities.recordInventory, { ...placed, runId: installation.runId });
  }
  const { factory: _factory, ...subject } = placed;
  yield* call(context, activities.planTables, subject);
  return { kind: 'prepared' };
});

/** Moves the beginning of an attempt back to its assessment, if it takes that over and its catalogues are gone. */
function* keepAssessment(context: OrchestrationContext, placed: Placed, from: Phase): Steps<Phase> {
  if (!isBefore('Assessment', from)) return from;
  const { holds } = yield* call(context, activities.holdsCatalogues, placed);
  if (holds) return from;
  yield* call(context, activities.moveBack, { ...placed, phase: 'Assessment' });
  return 'Assessment';
}

/** @returns what failed, if a check blocks or the databases could not be measured */
function* assess(
  context: OrchestrationContext,
  placed: Placed,
  runtimeName: string | undefined,
  assessmentId: string | undefined,
): Steps<Failed | undefined> {
  const assessment = yield* runStage(context, placed, 'assess', runtimeName);
  if (assessment.kind === 'failed') return assessment;
  const { runId } = assessment;
  let catalogues: TakenCatalogues | undefined;
  if (assessmentId !== undefined) {
    catalogues = yield* call(context, activities.takeCatalogues, { ...placed, runId, assessmentId });
    if (!catalogues.takenOver) {
      const reading = yield* runStage(context, placed, 'catalogue', runtimeName);
      if (reading.kind === 'failed') return reading;
    }
  }
  const { failure } = yield* call(context, activities.evaluateChecks, {
    ...placed,
    runId,
    ...(runtimeName === undefined ? {} : { runtimeName }),
    ...(catalogues === undefined ? {} : { catalogues }),
  });
  return failure === undefined ? undefined : { kind: 'failed', failure };
}

interface Failed {
  readonly kind: 'failed';
  readonly failure: SetupFailure;
  /** What the factory said, for operators. */
  readonly detail?: string;
}

type StageResult = { readonly kind: 'succeeded'; readonly runId: string } | Failed;

function* runStage(
  context: OrchestrationContext,
  placed: Placed,
  stage: Stage,
  runtimeName: string | undefined,
): Steps<StageResult> {
  const { instanceId } = context.df;
  const begun = yield* call(context, activities.startPreparation, { ...placed, stage, instanceId });
  const run = yield* waitForAnswer(context, begun, {
    eventName: stage,
    answer: endedSchema,
    deadlineMs: STAGE_DEADLINE_MS,
  });
  if (run === undefined) {
    const cause = `Stage ${stage} of the preparation had not ended after ${STAGE_DEADLINE_MS / 3_600_000} hours.`;
    return { kind: 'failed', failure: yield* explained(context, placed, runtimeName, setupFailure('52073', cause)) };
  }
  if (run.status === 'Succeeded') return { kind: 'succeeded', runId: begun.runId };
  const told = runFailure(stage, run.status, run.message);
  const failure = yield* explained(context, placed, runtimeName, told);
  return { kind: 'failed', failure, detail: redact(run.message) };
}
