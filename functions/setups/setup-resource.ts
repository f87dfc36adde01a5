/** A setup as the API shows it: its row and its milestones in one document. */
import { shownId } from '../../shared/setup/assessment.ts';
import { isReplayable, latestReplay } from '../../shared/setup/replay.ts';
import { milestones, phasesOf } from '../../shared/setup/states.ts';
import type { Phase } from '../../shared/setup/states.ts';
import { checkCountsOf, dataOf, tableCountsOf } from '../../shared/setup/milestone-data.ts';
import type { MilestoneRecord, SetupRecord } from '../../shared/setup/store.ts';
import type { Caller } from '../http/access-token.ts';
import type { TenantCall } from '../http/adapter.ts';
import { pathOf, urlOf } from '../http/links.ts';
import { present } from '../http/members.ts';
import { isOperator } from '../http/roles.ts';

/** How far a phase is. Those after a phase that failed stay pending. */
interface PhaseResource {
  readonly phase: Phase;
  readonly state: 'Pending' | 'Running' | 'Finished' | 'Failed';
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly durationMs?: number;
}

/**
 * Maps a setup or an assessment and the milestones of its attempt. Members whose phase has not ended are left out. Holds no secret; where the
 * environment's database is and how the factories did is for operators only.
 */
export function setupResource(call: TenantCall, setup: SetupRecord, reached: readonly MilestoneRecord[]) {
  const { caller } = call;
  const { request, destination, state, phase, attempt, createdAt, lastModifiedAt, failure } = setup;
  const { kind, connection, runtimeName } = request.source;
  const { tables: _tables, catalogues, ...checks } = checkCountsOf(reached) ?? {};
  return {
    ...shownId(setup),
    product: request.product,
    state,
    phase,
    attempt,
    source: { kind, ...connection, ...present({ runtimeName }) },
    destination: isOperator(caller)
      ? destination
      : { environment: destination.environment, region: destination.region },
    createdAt,
    lastModifiedAt,
    ...present({
      assessmentId: request.assessmentId,
      thresholds: request.thresholds,
      checkSelection: request.checkSelection,
      companies: request.companies,
      tableMappings: request.tableMappings,
      planOutdated: setup.planOutdated || undefined,
      failure,
      replay: replayOf(call, setup),
      factory: factoryOf(reached, caller),
      runtime: runtimeOf(reached),
      checks: 'passed' in checks ? checks : undefined,
      catalogues,
      inventory: dataOf(reached, 'inventoryCompleted'),
      tables: tableCountsOf(reached),
      pipelines: dataOf(reached, 'replicationPipelineCreated')?.pipelines,
    }),
    phases: phasesOf(setup).map((name) => phaseResource(name, setup, reached)),
  };
}

/** How a setup that ended without becoming ready is tried again, or an assessment made once more. */
function replayOf(call: TenantCall, setup: SetupRecord) {
  if (!isReplayable(setup.state)) return undefined;
  return { method: 'POST', url: urlOf(call, `${pathOf(setup)}/replay`), from: latestReplay(setup) };
}

function factoryOf(reached: readonly MilestoneRecord[], caller: Caller) {
  const selected = dataOf(reached, 'factorySelected');
  if (selected === undefined) return undefined;
  const { factory, candidates } = selected;
  return isOperator(caller) ? { ...factory, candidates } : { name: factory.name };
}

function runtimeOf(reached: readonly MilestoneRecord[]) {
  const notNeeded = dataOf(reached, 'runtimeNotNeeded');
  if (notNeeded !== undefined) return notNeeded;
  const created = dataOf(reached, 'runtimeCreated');
  return created === undefined
    ? undefined
    : { name: created.runtimeName, nodes: dataOf(reached, 'runtimeOnline')?.nodes ?? [] };
}

function phaseResource(phase: Phase, setup: SetupRecord, reached: readonly MilestoneRecord[]): PhaseResource {
  const end = reached.find(({ name }) => milestones[name].phase === phase && milestones[name].position === 'ends');
  if (end !== undefined) return { phase, state: 'Finished', ...period(end.startedAt, end.at) };
  if (phase !== setup.phase) return { phase, state: 'Pending' };
  const failed = reached.find(({ name }) => name === 'failed');
  return failed === undefined
    ? { phase, state: 'Running', startedAt: setup.phaseStartedAt }
    : { phase, state: 'Failed', ...period(failed.startedAt, failed.at) };
}

function period(startedAt: string, finishedAt: string) {
  return { startedAt, finishedAt, durationMs: Date.parse(finishedAt) - Date.parse(startedAt) };
}
