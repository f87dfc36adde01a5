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
import { preparationPipeline } from '../../shared/factory/preparation-pipeline.ts';
import type { Services } from '../../shared/services.ts';
import { databaseMarkOf } from '../../shared/setup/database-mark.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { EntityKind } from '../../shared/factory/data-factory.ts';
import type { PipelineRole, Placed } from '../contract.ts';
import type { Implementation } from './implementation.ts';

export const putLinkedService: Implementation<'putLinkedService'> = async (input, services) => {
  const { factory, key, role, runtimeName } = input;
  const { factories } = services;
  const put = (name: string, document: EntityDocument) => factories.put(factory, 'linkedServices', name, document);
  const names = entityNames(key).linkedServices;
  switch (role) {
    case 'staging':
      await put(names.staging, stagingLinkedService(await services.staging.open(key)));
      return null;
    case 'source': {
      const { request, secretName } = await services.store.require(input);
      const password = await services.secrets.get(secretName);
      if (password === undefined) {
        throw new Error(`Key Vault has no secret ${secretName}, which holds the source's password. Recover it there.`);
      }
      await put(names.source, sourceLinkedService(request.source, password, runtimeName));
      return null;
    }
    case 'destination': {
      const { destination } = await services.store.require(input);
      await put(names.destination, destinationLinkedService(destination));
      return null;
    }
  }
};

export const putDataset: Implementation<'putDataset'> = async (input, services) => {
  const { factory, key, role } = input;
  const { request } = await services.store.require(input);
  const names = entityNames(key);
  const document = role === 'catalogue' ? catalogueDataset(names, key) : tableDataset(names, role, request.source.kind);
  await services.factories.put(factory, 'datasets', names.datasets[role], document);
  return null;
};

export const putPipeline: Implementation<'putPipeline'> = async ({ role, ...input }, services) => {
  return { name: await putRole(role, input, services) };
};

export const restorePreparation: Implementation<'restorePreparation'> = async (input, services) => {
  await putRole('prepare', input, services);
  return null;
};

/** Puts a pipeline of a setup and gives its name. */
async function putRole(role: PipelineRole, input: Placed, services: Services): Promise<string> {
  const { factory, key, attempt } = input;
  const { request } = await services.store.require(input);
  const names = entityNames(key);
  const context = { key, names, sourceKind: request.source.kind };
  const setupKey = databaseMarkOf(services.settings.MIGRATION_EVENT_SOURCE, input);
  const claimant = { setupKey, attempt };
  const documents = {
    prepare: () => preparationPipeline(context, claimant, scripts),
    large: () => largeTablesPipeline(context),
    small: () => smallTablesPipeline(context),
    replicate: () => replicatePipeline(context),
  };
  const name = names.pipelines[role];
  await services.factories.put(factory, 'pipelines', name, documents[role]());
  return name;
}

export const removePreparation: Implementation<'removePreparation'> = async ({ factory, key }, { factories }) => {
  const { prepare } = entityNames(key).pipelines;
  await factories.delete(factory, 'pipelines', prepare);
  // The attempt made it, so that it was there, also when an earlier call of this activity deleted it.
  return { removed: [prepare] };
};

export const removeEntities: Implementation<'removeEntities'> = async ({ factory, key }, { factories }) => {
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
  for (const [kind, names] of steps) removed.push(...(await deleteAll(factories, factory, kind, names)));
  return { removed };
};

export const removeStaging: Implementation<'removeStaging'> = async ({ key }, { staging }) => {
  return { removed: (await staging.remove(key)) ? [`container ${stagingContainer(key)}`] : [] };
};

/** Deletes entities of one kind; gives the names of those that were there. */
async function deleteAll(
  factories: Services['factories'],
  factory: Factory,
  kind: EntityKind,
  names: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => factories.delete(factory, kind, name)));
  return names.filter((_name, index) => found[index]);
}
