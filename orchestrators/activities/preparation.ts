import { z } from 'zod';
import { clipList } from '../../shared/clip.ts';
import { reportChecks } from '../../shared/checks/report.ts';
import { evaluateChecks as evaluate } from '../../shared/checks/catalogue.ts';
import {
  companySchema,
  destinationProbeSchema,
  extensionSchema,
  sourceProbeSchema,
} from '../../shared/checks/check.ts';
import { catalogueBlob, entityNames } from '../../shared/factory/names.ts';
import { preparationActivities } from '../../shared/factory/preparation-pipeline.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import type { Implementation } from './implementation.ts';
import { startRun } from './start-run.ts';

export const startPreparation: Implementation<'startPreparation'> = async (
  { factory, key, stage, ...attempt },
  services,
) => {
  const operationId = `${instanceIdOf(attempt)}.${stage}`;
  const pipeline = entityNames(key).pipelines.prepare;
  const runId = await startRun(services, attempt, { factory, pipeline, operationId, parameters: { stage } });
  return { pipeline, runId };
};

export const startSourceUndo: Implementation<'startSourceUndo'> = async (
  { factory, key, stage, removeSource = false, cleanup, ...attempt },
  services,
) => {
  // Each cleanup has a run of its own, since one may follow another that failed.
  const operationId = [instanceIdOf(attempt), stage, ...(cleanup === undefined ? [] : [cleanup])].join('.');
  const pipeline = entityNames(key).pipelines.prepare;
  const parameters = { stage, removeSource };
  const runId = await startRun(services, attempt, { factory, pipeline, operationId, parameters });
  return { pipeline, runId };
};

export const cancelRuns: Implementation<'cancelRuns'> = async ({ factory, key }, { factories }) => {
  return { active: await factories.cancelRuns(factory, [entityNames(key).pipelines.prepare]) };
};

export const evaluateChecks: Implementation<'evaluateChecks'> = async (input, services) => {
  const { factory, runId, runtimeName } = input;
  const { factories, findings, store, thresholds } = services;
  const [setup, outputs, runtime] = await Promise.all([
    store.require(input),
    factories.activityOutputs(factory, runId),
    runtimeName === undefined ? undefined : factories.runtimeStatus(factory, runtimeName),
  ]);
  const source = firstRowOf(outputs.get(preparationActivities.sourceProbe), sourceProbeSchema);
  const companies = rowsOf(outputs.get(preparationActivities.companies), companySchema);
  const results = evaluate({
    setupKey: databaseMarkOf(services.settings.MIGRATION_EVENT_SOURCE, input),
    product: setup.request.product,
    sourceKind: setup.request.source.kind,
    source,
    companies,
    ...(setup.request.companies === undefined ? {} : { selected: setup.request.companies }),
    destination: firstRowOf(outputs.get(preparationActivities.destinationProbe), destinationProbeSchema),
    ...(runtime === undefined || runtimeName === undefined ? {} : { runtime: { name: runtimeName, ...runtime } }),
    thresholds,
  });
  await findings.put(input, 'check', results);
  await findings.put(input, 'source', [source]);
  await findings.put(input, 'company', companies);
  const { counts, failure } = reportChecks(results);
  return { counts, ...(failure === undefined ? {} : { failure }) };
};

export const holdsCatalogues: Implementation<'holdsCatalogues'> = async ({ key, ...attempt }, services) => {
  const { findings, staging } = services;
  const assessed = await findings.originOf(attempt, 'source');
  const sides = ['source', 'destination'] as const;
  const held = await Promise.all(sides.map((side) => staging.has(key, catalogueBlob(assessed, side))));
  return { holds: held.every((isThere) => isThere) };
};

export const recordInventory: Implementation<'recordInventory'> = async (input, { factories, findings }) => {
  const outputs = await factories.activityOutputs(input.factory, input.runId);
  const extensions = rowsOf(outputs.get(preparationActivities.extensions), extensionSchema);
  await findings.put(input, 'extension', extensions);
  const companies = await findings.of(input, 'company');
  return { companies: companies.length, extensions: extensions.length };
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

// https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity#use-the-lookup-activity-result
function firstRowOf<Row>(output: unknown, row: z.ZodType<Row>): Row {
  return z.object({ firstRow: row }).parse(output).firstRow;
}

function rowsOf<Row>(output: unknown, row: z.ZodType<Row>): Row[] {
  return z.object({ value: z.array(row) }).parse(output).value;
}
