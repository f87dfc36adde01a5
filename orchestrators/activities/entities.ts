import type { StoppedOutput } from '../../shared/durable.ts';
import {
  catalogueDataset,
  destinationLinkedService,
  sourceLinkedService,
  stagingLinkedService,
  tableDataset,
} from '../../shared/factory/connections.ts';
import type { EntityDocument } from '../../shared/factory/connections.ts';
import { entityNames, stagingContainer } from '../../shared/factory/names.ts';
import { largeTablesPipeline, replicatePipeline, smallTablesPipeline } from '../../shared/factory/pipelines.ts';
import { ENTITIES_OF_READY_SETUP } from '../../shared/factory/placement.ts';
import type { PipelineContext } from '../../shared/factory/pipeline-activities.ts';
import { preparationPipeline } from '../../shared/factory/preparation-pipeline.ts';
import type { CatalogueUse } from '../../shared/factory/preparation-pipeline.ts';
import type { Services } from '../../shared/services.ts';
import { isAssessment } from '../../shared/setup/assessment.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import { stopReason } from '../../shared/setup/fence.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';
import { apiVersion } from '../../shared/setup/setup.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import type { Milestone } from '../../shared/setup/states.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { EntityKind } from '../../shared/factory/data-factory.ts';
import type { Placed } from '../subjects.ts';
import type { Implementation } from './implementation.ts';
import { reach, recordAndPublish } from './setup-record.ts';

export const putConnections: Implementation<'putConnections'> = async ({ runtime, ...placed }, services, { head }) => {
  const setup = await head();
  const put = await putting(placed, services, () => connect(placed, setup, services, runtime?.runtimeName));
  if (put !== undefined) return put;
  const milestone: Milestone =
    runtime === undefined
      ? { name: 'runtimeNotNeeded', data: { reason: NO_RUNTIME } }
      : { name: 'runtimeOnline', data: runtime };
  return (await reachOrRemove(placed, milestone, services, setup)) ?? null;
};

const NO_RUNTIME = 'An Azure SQL source is reached through the Azure integration runtime of the factory.';

export const restoreConnections: Implementation<'restoreConnections'> = async (input, services, { head }) => {
  await connect(input, await head(), services, input.runtimeName);
  return null;
};

/** Puts the linked services. @throws {Error} if the vault has lost the source's password */
async function connect(
  { factory, key }: Placed,
  { request, destination, secretName }: SetupRecord,
  { factories, secrets, staging }: Services,
  runtimeName: string | undefined,
): Promise<void> {
  const [password, container] = await Promise.all([secrets.get(secretName), staging.of(destination.region).open(key)]);
  if (password === undefined) {
    throw new Error(`Key Vault has no secret ${secretName}, which holds the source's password. Recover it there.`);
  }
  const names = entityNames(key).linkedServices;
  const documents = {
    [names.staging]: stagingLinkedService(container),
    [names.source]: sourceLinkedService(request.source, password, runtimeName),
    [names.destination]: destinationLinkedService(destination),
  };
  await putAll(factories, factory, 'linkedServices', documents);
}

export const renewStaging: Implementation<'renewStaging'> = async (
  { factory, key },
  { factories, staging },
  { head },
) => {
  const { destination } = await head();
  const document = stagingLinkedService(await staging.of(destination.region).open(key));
  await factories.put(factory, 'linkedServices', entityNames(key).linkedServices.staging, document);
  return null;
};

export const putPreparation: Implementation<'putPreparation'> = async (
  { assessmentId, ...placed },
  services,
  { head },
) => {
  const setup = await head();
  const use = catalogueUseOf(placed.setupId, assessmentId);
  const put = await putting(placed, services, () => putPreparationEntities(placed, setup, services, use));
  return put ?? (await removeIfOver(placed, services)) ?? null;
};

export const restorePreparation: Implementation<'restorePreparation'> = async (placed, services, { head }) => {
  await putPreparationEntities(placed, await head(), services);
  return null;
};

/** Puts the datasets and the preparation pipeline. */
async function putPreparationEntities(
  placed: Placed,
  setup: SetupRecord,
  { factories, settings }: Services,
  use?: CatalogueUse,
): Promise<void> {
  const { factory, key, attempt } = placed;
  const { kind } = setup.request.source;
  const context = contextOf(placed, setup, settings);
  const { names } = context;
  await putAll(factories, factory, 'datasets', {
    [names.datasets.source]: tableDataset(names, 'source', kind),
    [names.datasets.destination]: tableDataset(names, 'destination', kind),
    [names.datasets.catalogue]: catalogueDataset(names, key),
  });
  const claimant = { setupKey: databaseMarkOf(settings.MIGRATION_EVENT_SOURCE, placed), attempt };
  const document = preparationPipeline(context, claimant, scripts, use);
  // After the datasets, to which it refers.
  await factories.put(factory, 'pipelines', names.pipelines.prepare, document);
}

/** By what the orchestration knows: one of release 1.0.0 compares nothing, also if its setup names an assessment. */
function catalogueUseOf(setupId: string, assessmentId: string | undefined): CatalogueUse {
  if (isAssessment({ setupId })) return 'comparable';
  return assessmentId === undefined ? 'written' : 'compared';
}

/**
 * Records what was put, or removes it as `removeIfOver` does.
 * @param setup as it was read before
 * @returns why the attempt does not go on, if it does not
 */
async function reachOrRemove(
  placed: Placed,
  milestone: Milestone,
  services: Services,
  setup: SetupRecord,
): Promise<StoppedOutput | undefined> {
  const recorded = await recordAndPublish(placed, milestone, services, setup);
  // What this call has recorded, it has recorded for an attempt that goes on. What another one recorded may be over by now.
  const isNews = recorded.kind === 'recorded' && recorded.events !== undefined;
  return isNews ? undefined : removeIfOver(placed, services);
}

/**
 * Puts entities. Where one fails, those that are there may have come too late all the same.
 * @returns why the attempt does not go on, if it does not
 */
async function putting(
  placed: Placed,
  services: Services,
  put: () => Promise<void>,
): Promise<StoppedOutput | undefined> {
  try {
    await put();
    return undefined;
  } catch (error) {
    const stopped = await removeIfOver(placed, services);
    if (stopped !== undefined) return stopped;
    throw error;
  }
}

/**
 * What an attempt puts while its entities are being removed, or later, may come after their removal: who has put it removes it
 * then. What was put before the removal began goes with it, and until then the undo may need it. What is in use, of a later attempt
 * or of a setup that is ready, stays.
 * @returns why the attempt does not go on, if it does not
 */
async function removeIfOver(placed: Placed, services: Services): Promise<StoppedOutput | undefined> {
  const setup = await services.store.get(placed);
  const stopped = stopReason('forward', placed, setup);
  if (stopped === undefined) return undefined;
  if (setup?.removing === true) await removeAll(placed, services);
  return { stopped };
}

/** What the pipelines of a setup need to know. */
function contextOf(
  { key, factory, tenantId, setupId }: Placed,
  { request }: SetupRecord,
  { MIGRATION_NOTIFICATION_RESOURCE: resource, MIGRATION_PUBLIC_URL: apiUrl }: Services['settings'],
): PipelineContext {
  const notification =
    resource === '' ? undefined : { apiUrl, apiVersion, resource, factory: factory.name, tenantId, setupId };
  return { key, names: entityNames(key), sourceKind: request.source.kind, notification };
}

export const putReplication: Implementation<'putReplication'> = async (input, services, { head }) => {
  const { factory } = input;
  const { factories, settings } = services;
  const setup = await head();
  const context = contextOf(input, setup, settings);
  const { replicate, large, small } = context.names.pipelines;
  const put = await putting(input, services, async () => {
    // The outer pipeline runs the inner ones, and a factory refuses a reference to what does not exist.
    await putAll(factories, factory, 'pipelines', {
      [large]: largeTablesPipeline(context),
      [small]: smallTablesPipeline(context),
    });
    await factories.put(factory, 'pipelines', replicate, replicatePipeline(context));
  });
  if (put !== undefined) return put;
  const pipelines = [replicate, large, small];
  const milestone: Milestone = { name: 'replicationPipelineCreated', data: { pipelines } };
  return (await reachOrRemove(input, milestone, services, setup)) ?? { pipelines };
};

export const finish: Implementation<'finish'> = async ({ environment, pipelines, ...placed }, services, { head }) => {
  const { prepare: pipeline } = entityNames(placed.key).pipelines;
  await services.factories.delete(placed.factory, 'pipelines', pipeline);
  await services.book.release(placed, ENTITIES_OF_READY_SETUP);
  // The attempt made it, so that it was there, also when an earlier call of this activity deleted it.
  const cleaned: Milestone = { name: 'cleanupCompleted', data: { removed: [pipeline] } };
  const ready: Milestone = { name: 'ready', data: { environment, pipelines } };
  const reached = await reach(placed, [cleaned, ready], services, await head());
  return 'stopped' in reached ? reached : null;
};

export const removeEntities: Implementation<'removeEntities'> = async (placed, services) => {
  const begun = await services.store.beginRemoval(placed);
  return begun.kind === 'stopped' ? { stopped: begun.reason } : removeAll(placed, services);
};

/** Deletes the entities of a setup. @returns the names of those that were there, or why the attempt may not do this */
async function removeAll(placed: Placed, { factories, store }: Services) {
  const { factory, key } = placed;
  const { pipelines, datasets, linkedServices } = entityNames(key);
  const { prepare, replicate, large, small } = pipelines;
  const steps: readonly (readonly [EntityKind, readonly string[]])[] = [
    // What refers to another goes first: a factory keeps what is referred to.
    ['pipelines', [prepare, replicate]],
    ['pipelines', [large, small]],
    ['datasets', Object.values(datasets)],
    ['linkedServices', Object.values(linkedServices)],
  ];
  const removed: string[] = [];
  for (const [kind, names] of steps) {
    // All steps together may take longer than a fenced activity has.
    const stopped = stopReason('undo', placed, await store.get(placed));
    if (stopped !== undefined) return { stopped };
    removed.push(...(await deleteAll(factories, factory, kind, names)));
  }
  return { removed };
}

export const removeStaging: Implementation<'removeStaging'> = async ({ key }, { staging }) => {
  return { removed: (await staging.remove(key)) ? [`container ${stagingContainer(key)}`] : [] };
};

/** Waits for all, also where one fails: nothing of an activity goes on after its end. @throws what the first one threw */
async function together<Answer>(requests: readonly Promise<Answer>[]): Promise<Answer[]> {
  await Promise.allSettled(requests);
  return Promise.all(requests);
}

/** Puts entities of one kind. */
async function putAll(
  factories: Services['factories'],
  factory: Factory,
  kind: EntityKind,
  documents: Readonly<Record<string, EntityDocument>>,
): Promise<void> {
  await together(Object.entries(documents).map(([name, document]) => factories.put(factory, kind, name, document)));
}

/** Deletes entities of one kind; gives the names of those that were there. */
async function deleteAll(
  factories: Services['factories'],
  factory: Factory,
  kind: EntityKind,
  names: readonly string[],
): Promise<string[]> {
  const found = await together(names.map((name) => factories.delete(factory, kind, name)));
  return names.filter((_name, index) => found[index]);
}
