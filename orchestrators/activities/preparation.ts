import { z } from 'zod';
import { clipList } from '../../shared/clip.ts';
import { reportChecks } from '../../shared/checks/report.ts';
import { rowsOfResults } from '../../shared/checks/stored-results.ts';
import { evaluateChecks as evaluate } from '../../shared/checks/catalogue.ts';
import {
  companySchema,
  destinationProbeSchema,
  extensionSchema,
  sourceFactsSchema,
  sourceProbeSchema,
} from '../../shared/checks/probe.ts';
import type { DestinationProbe } from '../../shared/checks/probe.ts';
import type { Clock } from '../../shared/clock.ts';
import { catalogueBlob, entityNames } from '../../shared/factory/names.ts';
import { preparationActivities } from '../../shared/factory/preparation-pipeline.ts';
import { redact } from '../../shared/redact.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import { setupFailure } from '../../shared/setup/failure.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import { isBefore } from '../../shared/setup/states.ts';
import type { SqlDatabase } from '../../shared/sql/database.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { Implementation } from './implementation.ts';
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

export const evaluateChecks: Implementation<'evaluateChecks'> = async (input, services, { head }) => {
  const { factory, runId, runtimeName } = input;
  const { factories, findings, thresholds } = services;
  const setup = await head();
  const [outputs, runtime, ownAccess, secret] = await Promise.all([
    factories.activityOutputs(factory, runId),
    runtimeName === undefined ? undefined : factories.runtimeStatus(factory, runtimeName),
    services.databases.useIfAdmitted(setup.destination, probeDestination),
    services.secrets.stateOf(setup.secretName),
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
    ownAccess: 'refused' in ownAccess ? { refused: redact(ownAccess.refused) } : ownAccess,
    secret: secret && { isEnabled: secret.isEnabled, daysLeft: daysUntil(secret.expiresOn, services.clock) },
    thresholds,
  });
  await findings.put(input, {
    check: rowsOfResults(results),
    source: [sourceFactsSchema.parse(source)],
    company: companies,
  });
  const { counts, failure } = reportChecks(results);
  const name = failure === undefined ? 'checksCompleted' : 'checksFailed';
  const reached = await reach(input, { name, data: counts }, services, setup);
  if ('stopped' in reached) return reached;
  // Another call may have been faster, and have come to another result: what is recorded counts.
  if (isBefore('Assessment', reached.phase)) return {};
  return { failure: failure ?? setupFailure('StepFailed', 'A check blocked, and passed when it was evaluated again.') };
};

/** As the app itself: the pipeline probes as the factory. */
async function probeDestination(database: SqlDatabase): Promise<DestinationProbe> {
  const [row] = await database.query(scripts.destinationProbe);
  return destinationProbeSchema.parse(row);
}

const DAY_MS = 24 * 60 * 60 * 1000;

function daysUntil(time: Date | undefined, clock: Clock): number | null {
  return time === undefined ? null : (time.getTime() - clock.now().getTime()) / DAY_MS;
}

export const holdsCatalogues: Implementation<'holdsCatalogues'> = async ({ key, ...attempt }, services) => {
  const { findings, staging } = services;
  const assessed = await findings.originOf(attempt, 'source');
  const sides = ['source', 'destination'] as const;
  const held = await Promise.all(sides.map((side) => staging.has(key, catalogueBlob(assessed, side))));
  return { holds: held.every((isThere) => isThere) };
};

export const recordInventory: Implementation<'recordInventory'> = async (input, services, { head }) => {
  const { factories, findings } = services;
  const setup = await reach(input, { name: 'proceduresCreated', data: {} }, services, await head());
  if ('stopped' in setup) return setup;
  const outputs = await factories.activityOutputs(input.factory, input.runId);
  const extensions = rowsOf(outputs.get(preparationActivities.extensions), extensionSchema);
  await findings.put(input, { extension: extensions });
  const companies = await findings.of(setup, 'company', setup.from);
  const inventory = { companies: companies.length, extensions: extensions.length };
  const reached = await reach(input, { name: 'inventoryCompleted', data: inventory }, services, setup);
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

// https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity#use-the-lookup-activity-result
function firstRowOf<Row>(output: unknown, row: z.ZodType<Row>): Row {
  return z.object({ firstRow: row }).parse(output).firstRow;
}

function rowsOf<Row>(output: unknown, row: z.ZodType<Row>): Row[] {
  return z.object({ value: z.array(row) }).parse(output).value;
}
