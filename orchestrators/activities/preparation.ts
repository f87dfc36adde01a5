import { z } from 'zod';
import { clipList } from '../../shared/clip.ts';
import { reportChecks } from '../../shared/checks/report.ts';
import type { CheckSelection } from '../../shared/checks/check-selection.ts';
import { withBlockers } from '../../shared/checks/known-checks.ts';
import { rowsOfResults } from '../../shared/checks/stored-results.ts';
import { evaluateChecks as evaluate } from '../../shared/checks/catalogue.ts';
import { extensionSchema, sourceFactsSchema } from '../../shared/checks/probe.ts';
import { catalogueBlob, entityNames } from '../../shared/factory/names.ts';
import { preparationActivities } from '../../shared/factory/preparation-pipeline.ts';
import { isAssessment } from '../../shared/setup/assessment.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import { setupFailure } from '../../shared/setup/failure.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import { isBefore } from '../../shared/setup/states.ts';
import type { Milestone } from '../../shared/setup/states.ts';
import type { Implementation } from './implementation.ts';
import { rowsOf } from './lookup-output.ts';
import { measure } from './measure.ts';
import { reach } from './setup-record.ts';
import { awaitRun } from './start-run.ts';

export const startPreparation: Implementation<'startPreparation'> = async (
  { factory, key, stage, instanceId, ...attempt },
  services,
  { head },
) => {
  const operationId = `${instanceIdOf(attempt)}.${stage}`;
  const pipeline = entityNames(key).pipelines.prepare;
  const wanted = { factory, pipeline, operationId, parameters: { stage } };
  return awaitRun(services, await head(), wanted, { eventName: stage, instanceId });
};

export const startSourceUndo: Implementation<'startSourceUndo'> = async (
  { factory, key, stage, removeSource = false, instanceId, cleanup, ...attempt },
  services,
  { head },
) => {
  // Each cleanup has a run of its own, since one may follow another that failed.
  const operationId = [instanceIdOf(attempt), stage, ...(cleanup === undefined ? [] : [cleanup])].join('.');
  const pipeline = entityNames(key).pipelines.prepare;
  const wanted = { factory, pipeline, operationId, parameters: { stage, removeSource } };
  return awaitRun(services, await head(), wanted, { eventName: stage, instanceId });
};

export const cancelRuns: Implementation<'cancelRuns'> = async ({ factory, key }, { factories }) => {
  return { active: await factories.cancelRuns(factory, [entityNames(key).pipelines.prepare]) };
};

/** An assessment leaves out what its request says; a setup goes on to change things, and leaves out nothing that can block. */
function selectionOf(setup: SetupRecord): CheckSelection | undefined {
  const { checkSelection } = setup.request;
  return checkSelection === undefined || isAssessment(setup) ? checkSelection : withBlockers(checkSelection);
}

export const evaluateChecks: Implementation<'evaluateChecks'> = async (input, services, { head, stopped: ask }) => {
  const setup = await head();
  const { measured, foreseen, fingerprints } = await measure(input, setup, services);
  const results = evaluate(measured, selectionOf(setup));
  // Reading the catalogues of many tables takes longer than the fence lasts.
  const stopped = await ask();
  if (stopped !== undefined) return { stopped };
  await services.findings.put(input, {
    check: rowsOfResults(results),
    source: [sourceFactsSchema.parse(measured.source)],
    company: measured.companies,
    ...(fingerprints === undefined ? {} : { catalogue: [fingerprints] }),
  });
  const { counts, failure } = reportChecks(results);
  const name = failure === undefined || isAssessment(input) ? 'checksCompleted' : 'checksFailed';
  const data = {
    ...counts,
    ...(foreseen === undefined ? {} : { tables: foreseen.summary }),
    ...(input.catalogues === undefined ? {} : { catalogues: input.catalogues }),
  };
  const reached = await reach(input, { name, data }, services, setup);
  if ('stopped' in reached) return reached;
  // The plan itself takes its place later, which a late call leaves as it is.
  if (isAssessment(input) || isBefore(reached.phase, 'TablePlan')) await foreseen?.file.keep(services, setup);
  // Another call may have been faster, and have come to another result: what is recorded counts.
  if (isBefore('Assessment', reached.phase)) return {};
  if (failure !== undefined) return { failure };
  const { failedChecks = [] } = dataOf(await services.store.milestonesOf(setup), 'checksFailed') ?? {};
  const cause = `${failedChecks.join(', ')} blocked, and passed when it was evaluated again.`;
  return { failure: setupFailure('StepFailed', cause) };
};

export const holdsCatalogues: Implementation<'holdsCatalogues'> = async ({ key, ...attempt }, services, { head }) => {
  const { findings, staging } = services;
  const { region } = (await head()).destination;
  const assessed = await findings.originOf(attempt, 'source');
  const sides = ['source', 'destination'] as const;
  const held = await Promise.all(sides.map((side) => staging.has(region, key, catalogueBlob(assessed, side))));
  return { holds: held.every((isThere) => isThere) };
};

export const recordInventory: Implementation<'recordInventory'> = async (input, services, { head }) => {
  const { factories, findings } = services;
  const setup = await head();
  const created: Milestone = { name: 'proceduresCreated', data: {} };
  let outputs;
  try {
    outputs = await factories.activityOutputs(input.factory, input.runId);
  } catch (error) {
    // What the run has created is there, also while nobody can read what else it did.
    const reached = await reach(input, created, services, setup);
    if ('stopped' in reached) return reached;
    throw error;
  }
  const extensions = rowsOf(outputs.get(preparationActivities.extensions), extensionSchema);
  await findings.put(input, { extension: extensions });
  const companies = await findings.of(setup, 'company', setup.from);
  const counts = { companies: companies.length, extensions: extensions.length };
  const completed: Milestone = { name: 'inventoryCompleted', data: counts };
  const reached = await reach(input, [created, completed], services, setup);
  return 'stopped' in reached ? reached : null;
};

export const readSourceRemoval: Implementation<'readSourceRemoval'> = async ({ factory, runId }, { factories }) => {
  const outputs = await factories.activityOutputs(factory, runId);
  const { resultSets } = scriptOutputSchema.parse(outputs.get(preparationActivities.sourceRemoval));
  return { left: clipList(resultSets.flatMap(({ rows }) => rows.map(({ name }) => name))) };
};

// https://learn.microsoft.com/azure/data-factory/transform-data-using-script#activity-output
const scriptOutputSchema = z.object({
  resultSets: z.array(z.object({ rows: z.array(z.object({ name: z.string() })).default([]) })),
});
