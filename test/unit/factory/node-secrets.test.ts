import { expect, test } from 'vitest';
import type { EntityDocument } from '../../../shared/factory/connections.ts';
import {
  catalogueDataset,
  destinationLinkedService,
  sourceLinkedService,
  stagingLinkedService,
  tableDataset,
} from '../../../shared/factory/connections.ts';
import { entityNames, stagingContainer } from '../../../shared/factory/names.ts';
import { largeTablesPipeline, replicatePipeline, smallTablesPipeline } from '../../../shared/factory/pipelines.ts';
import { preparationPipeline } from '../../../shared/factory/preparation-pipeline.ts';
import * as scripts from '../../../shared/sql/scripts.ts';

const key = '0123456789ab';
const names = entityNames(key);
const kind = 'SqlServer';
const runtime = 'shir-of-the-tenant';
const connection = {
  server: 'SQL01',
  database: 'BC',
  userName: 'migration',
  encrypt: true,
  trustServerCertificate: false,
};
const online = { environment: 'Production', server: 'online.example.com', database: 't', region: 'westeurope' };
const address = `https://staging.example.com/${stagingContainer(key)}?sig=signature`;

const linkedServices: ReadonlyMap<string, EntityDocument> = new Map([
  [names.linkedServices.source, sourceLinkedService({ kind, connection }, 'password', runtime)],
  [names.linkedServices.destination, destinationLinkedService(online)],
  [names.linkedServices.staging, stagingLinkedService(address)],
]);
const datasets: ReadonlyMap<string, EntityDocument> = new Map([
  [names.datasets.source, tableDataset(names, 'source', kind)],
  [names.datasets.destination, tableDataset(names, 'destination', kind)],
  [names.datasets.catalogue, catalogueDataset(names, key)],
]);
const context = { key, names, sourceKind: kind } as const;
const pipelines = [
  preparationPipeline(context, { setupKey: 'a'.repeat(64), attempt: 1 }, scripts),
  replicatePipeline(context),
  largeTablesPipeline(context),
  smallTablesPipeline(context),
];

interface Activity {
  readonly name: string;
  readonly type: string;
  readonly typeProperties: Readonly<Record<string, unknown>>;
}

/** Every object in a document that is an activity, however deep. */
function activitiesIn(value: unknown): Activity[] {
  if (Array.isArray(value)) return value.flatMap(activitiesIn);
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(activitiesIn);
  return 'typeProperties' in value && 'name' in value ? [value as Activity, ...inner] : inner;
}

/** Names of the linked services that a value refers to, also through datasets. */
function reachedBy(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(reachedBy);
  if (typeof value !== 'object' || value === null) return [];
  const { referenceName } = value as { referenceName?: unknown };
  const own = typeof referenceName === 'string' ? referenceName : '';
  if (linkedServices.has(own)) return [own];
  const dataset = datasets.get(own);
  return dataset === undefined
    ? Object.values(value).flatMap(reachedBy)
    : reachedBy(dataset.properties['linkedServiceName']);
}

/** Activities of all pipelines that do something themselves. */
const leaves = activitiesIn(pipelines).filter(({ typeProperties }) => activitiesIn(typeProperties).length === 0);
const isOnNode = (name: string) => linkedServices.get(name)?.properties['connectVia'] !== undefined;

test('what a node works with is the source alone, or the source and blobs', () => {
  const onNode = leaves.filter((activity) => reachedBy(activity).some(isOnNode));
  expect(onNode.map(({ type }) => type)).toEqual(expect.arrayContaining(['Lookup', 'Script', 'Copy']));
  for (const activity of onNode) {
    const reached = new Set(reachedBy(activity));
    const { source, destination, staging } = names.linkedServices;
    const isStaged = activity.typeProperties['enableStaging'] === true;
    const toBlobs = isStaged ? [source, destination, staging] : [source, staging];
    const expected = activity.type === 'Copy' ? toBlobs : [source];
    expect({ name: activity.name, reached: [...reached].sort() }).toEqual({
      name: activity.name,
      reached: expected.toSorted(),
    });
  }
});

test('of these, none holds an identity or leads to the vault, and blobs are those of the setup', () => {
  for (const name of [names.linkedServices.source, names.linkedServices.staging]) {
    const text = JSON.stringify(linkedServices.get(name));
    expect(text).not.toMatch(/identity|AzureKeyVault|credential|servicePrincipal|accountKey/i);
  }
  expect(JSON.stringify(linkedServices.get(names.linkedServices.staging))).toContain(`/${stagingContainer(key)}?`);
  expect([...linkedServices.keys()].filter(isOnNode)).toEqual([names.linkedServices.source]);
});
