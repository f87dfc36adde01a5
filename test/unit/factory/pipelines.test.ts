import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { entityNames, stagingContainer } from '../../../shared/factory/names.ts';
import { largeTablesPipeline, replicatePipeline, smallTablesPipeline } from '../../../shared/factory/pipelines.ts';
import { preparationActivities, preparationPipeline } from '../../../shared/factory/preparation-pipeline.ts';
import type { CatalogueUse } from '../../../shared/factory/preparation-pipeline.ts';
import type { EntityDocument } from '../../../shared/factory/connections.ts';
import type { SourceKind } from '../../../shared/setup/setup.ts';
import * as scripts from '../../../shared/sql/scripts.ts';

const key = '0123456789ab';
const names = entityNames(key);
const claimant = { setupKey: 'a'.repeat(64), attempt: 3 };

interface Activity {
  readonly name: string;
  readonly type: string;
  readonly dependsOn: readonly { readonly activity: string; readonly dependencyConditions: readonly string[] }[];
  readonly linkedServiceName?: { readonly referenceName: string } | undefined;
  readonly inputs: readonly { readonly referenceName: string }[];
  readonly outputs: readonly unknown[];
  readonly typeProperties: Readonly<Record<string, unknown>>;
}

const activitySchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  dependsOn: z.array(z.object({ activity: z.string(), dependencyConditions: z.array(z.string()) })).default([]),
  linkedServiceName: z.object({ referenceName: z.string() }).optional(),
  inputs: z.array(z.object({ referenceName: z.string() })).default([]),
  outputs: z.array(z.unknown()).default([]),
  typeProperties: z.looseObject({}),
});
const pipelineSchema = z.object({
  activities: z.array(activitySchema),
  parameters: z.record(z.string(), z.object({ type: z.enum(['String', 'Int', 'Bool']) })),
});

const sinkSchema = z.object({ sink: z.object({ type: z.string(), sqlWriterUseTableLock: z.boolean().optional() }) });

// What holds other activities: https://learn.microsoft.com/azure/data-factory/concepts-nested-activities
const innerSchema = z.object({
  activities: z.array(activitySchema).default([]),
  ifTrueActivities: z.array(activitySchema).default([]),
  ifFalseActivities: z.array(activitySchema).default([]),
  cases: z.array(z.object({ activities: z.array(activitySchema) })).default([]),
});

function pipelinesOf(sourceKind: SourceKind, use: CatalogueUse = 'comparable'): ReadonlyMap<string, EntityDocument> {
  const context = { key, names, sourceKind };
  return new Map([
    [names.pipelines.prepare, preparationPipeline(context, claimant, scripts, use)],
    [names.pipelines.replicate, replicatePipeline(context)],
    [names.pipelines.large, largeTablesPipeline(context)],
    [names.pipelines.small, smallTablesPipeline(context)],
  ]);
}

const pipelines = pipelinesOf('SqlServer');
const cases = [...pipelines].map(([name, { properties }]) => ({ name, properties: pipelineSchema.parse(properties) }));

/** Lists of activities that stand side by side: the pipeline's own, and those inside its activities. */
function levelsOf(activities: readonly Activity[]): (readonly Activity[])[] {
  const inner = activities.flatMap(({ typeProperties }) => {
    const {
      activities: loop,
      ifTrueActivities,
      ifFalseActivities,
      cases: branches,
    } = innerSchema.parse(typeProperties);
    return [loop, ifTrueActivities, ifFalseActivities, ...branches.map((branch) => branch.activities)];
  });
  const filled = inner.filter((level) => level.length > 0);
  return [activities, ...filled.flatMap(levelsOf)];
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

/** Texts that Data Factory evaluates, whole or in part. */
const expressionsOf = (value: unknown) => textsOf(value).filter((text) => /^@|@\{/.test(text));
const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#data-factory-limits
describe.each(cases)('$name', ({ name, properties }) => {
  const levels = levelsOf(properties.activities);
  const all = levels.flat();

  test('keeps the limits of the service', () => {
    expect(all.length).toBeLessThanOrEqual(120);
    expect(Object.keys(properties.parameters).length).toBeLessThanOrEqual(50);
    expect(Buffer.byteLength(JSON.stringify(pipelines.get(name)))).toBeLessThanOrEqual(200 * 1024);
    for (const text of expressionsOf(properties)) expect(text.length).toBeLessThanOrEqual(8192);
  });

  test('has no two activities of one name, and none with a longer name than 55 characters', () => {
    expect(new Set(all.map((activity) => activity.name)).size).toBe(all.length);
    for (const activity of all) expect(activity.name).toMatch(/^[A-Za-z][A-Za-z0-9]{0,54}$/);
  });

  test('waits only for activities beside it', () => {
    for (const level of levels) {
      const beside = level.map((activity) => activity.name);
      for (const { dependsOn } of level) {
        for (const { activity, dependencyConditions } of dependsOn) {
          expect(beside).toContain(activity);
          expect(dependencyConditions.length).toBeGreaterThan(0);
        }
      }
    }
  });

  test('refers to activities and parameters that are there', () => {
    for (const text of expressionsOf(properties)) {
      for (const activity of namesIn(text, /activity\('([^']*)'\)/g))
        expect(all.map((one) => one.name)).toContain(activity);
      for (const parameter of namesIn(text, /pipeline\(\)\.parameters\.(\w+)/g)) {
        expect(Object.keys(properties.parameters)).toContain(parameter);
      }
    }
  });

  test('has no loop inside a loop', () => {
    for (const loop of all.filter(({ type }) => type === 'ForEach')) {
      const inside = levelsOf([loop]).slice(1).flat();
      expect(inside.map(({ type }) => type)).not.toContain('ForEach');
    }
  });

  test('takes an operationId, by which a lost run is found', () => {
    expect(properties.parameters['operationId']).toEqual({ type: 'String' });
  });

  test('holds nothing to sign in with', () => {
    expect(JSON.stringify(properties)).not.toMatch(
      /password|secretName|accountKey|sharedAccess|connectionString|AzureKeyVaultSecret/i,
    );
  });
});

describe('stored procedures', () => {
  /** Names of the parameters by name of the procedure. */
  function proceduresOf(batches: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const definition = /CREATE OR ALTER PROCEDURE (?<name>\[\w+\]\.\[\w+\])(?<parameters>[^]*?)\bAS\b/;
    const found = batches.map((batch) => definition.exec(batch)?.groups).filter((groups) => groups !== undefined);
    return new Map(found.map((groups) => [groups['name'] ?? '', namesIn(groups['parameters'] ?? '', /@(\w+)/g)]));
  }
  const procedures = {
    source: proceduresOf(scripts.sourceObjects),
    destination: proceduresOf(scripts.destinationObjects),
  };

  const callSchema = z.object({
    storedProcedureName: z.string(),
    storedProcedureParameters: z.record(z.string(), z.unknown()),
  });
  const readSchema = z.object({
    source: z.object({
      sqlReaderStoredProcedureName: z.string(),
      storedProcedureParameters: z.record(z.string(), z.unknown()),
    }),
  });
  const querySchema = z.object({
    dataset: z.object({ referenceName: z.string() }),
    source: z.object({ sqlReaderQuery: z.string() }),
  });

  /** Every call of a pipeline: where, what, with which parameters. */
  function callsOf({ type, linkedServiceName, inputs, typeProperties }: Activity) {
    if (type === 'SqlServerStoredProcedure') {
      const call = callSchema.parse(typeProperties);
      const side = linkedServiceName?.referenceName === names.linkedServices.source ? 'source' : 'destination';
      return [
        { side, procedure: call.storedProcedureName, given: Object.keys(call.storedProcedureParameters) },
      ] as const;
    }
    const read = readSchema.safeParse(typeProperties).data?.source;
    if (read !== undefined) {
      const given = Object.keys(read.storedProcedureParameters);
      const side = inputs[0]?.referenceName === names.datasets.source ? 'source' : 'destination';
      return [{ side, procedure: read.sqlReaderStoredProcedureName, given }] as const;
    }
    const query = type === 'Lookup' ? querySchema.parse(typeProperties) : undefined;
    const call = /^EXEC (?<procedure>\S+)(?<given>[^]*)$/.exec(query?.source.sqlReaderQuery ?? '')?.groups;
    if (query === undefined || call === undefined) return [];
    const side = query.dataset.referenceName === names.datasets.source ? 'source' : 'destination';
    return [{ side, procedure: call['procedure'] ?? '', given: namesIn(call['given'] ?? '', /@(\w+) = /g) }] as const;
  }
  const calls = cases.flatMap(({ properties }) => levelsOf(properties.activities).flat().flatMap(callsOf));

  test('are there on the side where they are called, with exactly the parameters that they are given', () => {
    for (const { side, procedure, given } of calls) {
      expect({ side, procedure, parameters: [...given].sort() }).toEqual({
        side,
        procedure,
        parameters: [...(procedures[side].get(procedure) ?? ['no such procedure'])].sort(),
      });
    }
  });

  test('are called by every pipeline but for the names that only other procedures use', () => {
    const called = new Set<string>(calls.map(({ procedure }) => procedure));
    const uncalled = [...procedures.source.keys(), ...procedures.destination.keys()].filter(
      (name) => !called.has(name),
    );
    expect(uncalled).toEqual([
      '[mig].[ChooseRead]',
      '[mig].[DescribeError]',
      '[mig].[DescribeError]',
      '[mig].[ApplyStage]',
      '[mig].[FillStage]',
    ]);
  });
});

describe('a replication', () => {
  const runSchema = z.object({
    pipeline: z.object({ referenceName: z.string() }),
    waitOnCompletion: z.literal(true),
    parameters: z.record(z.string(), z.unknown()),
  });

  test('runs its inner pipelines with exactly their parameters, and waits for them', () => {
    const runs = levelsOf(cases.find(({ name }) => name === names.pipelines.replicate)?.properties.activities ?? [])
      .flat()
      .filter(({ type }) => type === 'ExecutePipeline')
      .map(({ typeProperties }) => runSchema.parse(typeProperties));
    expect(runs.map(({ pipeline }) => pipeline.referenceName).sort()).toEqual([
      names.pipelines.large,
      names.pipelines.small,
    ]);
    for (const { pipeline, parameters } of runs) {
      const target = cases.find(({ name }) => name === pipeline.referenceName);
      expect(Object.keys(parameters).sort()).toEqual(Object.keys(target?.properties.parameters ?? {}).sort());
    }
  });
});

test('nothing but numbers travels from a replication to its inner pipelines', () => {
  for (const name of [names.pipelines.large, names.pipelines.small]) {
    const { operationId: _, ...given } = cases.find((one) => one.name === name)?.properties.parameters ?? {};
    expect(new Set(Object.values(given).map(({ type }) => type))).toEqual(new Set(['Int']));
  }
});

test('one replication goes on at a time', () => {
  expect(pipelines.get(names.pipelines.replicate)?.properties['concurrency']).toBe(1);
});

const copies = cases
  .flatMap(({ properties }) => levelsOf(properties.activities).flat())
  .filter(({ type }) => type === 'Copy');
const isToBlob = ({ typeProperties }: (typeof copies)[number]) =>
  sinkSchema.parse(typeProperties).sink.type === 'JsonSink';
const stagedCopies = copies.filter((copy) => !isToBlob(copy));

test('catalogues are written to a blob each of the attempt, in the order in which they are read', () => {
  const catalogues = copies.filter(isToBlob);
  expect(catalogues.map(({ name, outputs }) => [name, outputs])).toEqual(
    ['Source', 'Destination'].map((side) => [
      `${side}Catalogue`,
      [
        {
          type: 'DatasetReference',
          referenceName: names.datasets.catalogue,
          parameters: { folder: 'catalogue/attempt-3', file: `${side.toLowerCase()}.json.gz` },
        },
      ],
    ]),
  );
  for (const { typeProperties } of catalogues) expect(typeProperties).toMatchObject({ parallelCopies: 1 });
});

test('only a copy into a table of its own locks it', () => {
  const locks = stagedCopies.map(({ name, typeProperties }) => [
    name,
    sinkSchema.parse(typeProperties).sink.sqlWriterUseTableLock,
  ]);
  expect(Object.fromEntries(locks)).toEqual({
    SyncPlan: true,
    CopyTable: true,
    CopyPack: false,
  });
});

const prepare = cases.find(({ name }) => name === names.pipelines.prepare)?.properties.activities ?? [];

test('the preparation has every activity whose output the service reads', () => {
  const all = levelsOf(prepare).flat();
  for (const name of Object.values(preparationActivities)) expect(all.map((activity) => activity.name)).toContain(name);
});

const byStageSchema = z.tuple([
  z.looseObject({
    typeProperties: z.object({
      cases: z.array(z.object({ value: z.string(), activities: z.array(activitySchema) })),
    }),
  }),
]);

describe('the preparation by stage', () => {
  const stageOf = (activities: unknown, wanted: string) =>
    byStageSchema.parse(activities)[0].typeProperties.cases.find(({ value }) => value === wanted)?.activities ?? [];
  const stage = (wanted: string) => stageOf(prepare, wanted);
  const claims = ['ClaimSource', 'ClaimDestination'];

  /** All that an activity waits for, directly or not. */
  function before(activities: readonly Activity[], name: string): string[] {
    const direct =
      activities.find((activity) => activity.name === name)?.dependsOn.map(({ activity }) => activity) ?? [];
    return [...direct, ...direct.flatMap((parent) => before(activities, parent))];
  }

  test('changes nothing before it installs', () => {
    const assess = stage('assess');
    expect(new Set(assess.map(({ type }) => type))).toEqual(new Set(['Lookup', 'Copy']));
    // A wrong password is tried once: an account is locked after some.
    expect(assess.filter(({ dependsOn }) => dependsOn.length === 0).map(({ name }) => name)).toEqual([
      preparationActivities.sourceProbe,
      preparationActivities.destinationProbe,
    ]);
    expect(assess[0]).toMatchObject({ policy: { retry: 0 } });
    const writes = /\b(?:INSERT INTO|UPDATE|DELETE FROM|MERGE|(?:ALTER|CREATE|DROP|TRUNCATE) \w+) (\S+)/g;
    for (const query of [
      scripts.sourceProbe,
      scripts.sourceStorageProbe,
      scripts.destinationProbe,
      scripts.listCompanies,
      scripts.catalogue,
      scripts.catalogueFingerprint,
    ]) {
      expect(namesIn(query, writes).filter((target) => !target.startsWith('#'))).toEqual([]);
    }
  });

  test.each<[CatalogueUse, string[], string[]]>([
    ['written', ['SourceCatalogue < SourceProbe', 'DestinationCatalogue < DestinationProbe'], []],
    [
      'comparable',
      [
        'SourceFingerprint < SourceProbe',
        'DestinationFingerprint < DestinationProbe',
        'SourceCatalogue < SourceFingerprint',
        'DestinationCatalogue < DestinationFingerprint',
      ],
      [],
    ],
    [
      'compared',
      ['SourceFingerprint < SourceProbe', 'DestinationFingerprint < DestinationProbe'],
      ['SourceCatalogue < ', 'DestinationCatalogue < '],
    ],
  ])('has catalogues %s: a fingerprint is never younger than its catalogue', (use, assessing, later) => {
    const document = pipelinesOf('SqlServer', use).get(names.pipelines.prepare);
    const { activities } = pipelineSchema.parse(document?.properties);
    const orders = (wanted: string) =>
      stageOf(activities, wanted)
        .filter(({ name }) => /Catalogue|Fingerprint/.test(name))
        .map(({ name, dependsOn }) => `${name} < ${dependsOn.map(({ activity }) => activity).join()}`);
    expect(orders('assess')).toEqual(assessing);
    expect(orders('catalogue')).toEqual(later);
  });

  test('installs nothing before both databases are claimed', () => {
    const install = stage('install');
    const installing = install.filter(({ name, type }) => type !== 'Lookup' && !claims.includes(name));
    for (const { name } of installing) expect(before(install, name)).toEqual(expect.arrayContaining(claims));
  });

  test('claims and gives back for its own setup and attempt', () => {
    const parameters = [
      { name: 'setupKey', type: 'String', value: claimant.setupKey, direction: 'Input' },
      { name: 'attempt', type: 'Int32', value: claimant.attempt, direction: 'Input' },
    ];
    for (const [activity, text] of [
      ...claims.map((claim) => [stage('install').find(({ name }) => name === claim), scripts.claim] as const),
      [stage('release')[0], scripts.releaseClaim] as const,
    ]) {
      expect(activity?.typeProperties).toMatchObject({ scripts: [{ type: 'NonQuery', text, parameters }] });
    }
    expect(stage('remove')[0]?.typeProperties).toMatchObject({
      scripts: [
        { type: 'Query', parameters },
        { type: 'NonQuery', parameters },
      ].map((block) => ({
        ...block,
        parameters: expect.arrayContaining(block.parameters) as unknown,
      })),
    });
  });

  test('does not repeat a refused claim, and runs once at a time', () => {
    for (const { name, policy } of stage('install').filter((activity) => claims.includes(activity.name))) {
      expect({ name, policy }).toMatchObject({ policy: { retry: 0 } });
    }
    expect(pipelines.get(names.pipelines.prepare)?.properties['concurrency']).toBe(1);
  });
});

test('copies are staged in the container of the setup, so that the source needs no way to the destination', () => {
  expect(stagedCopies).toHaveLength(3);
  for (const { typeProperties } of stagedCopies) {
    expect(typeProperties).toMatchObject({
      enableStaging: true,
      stagingSettings: {
        linkedServiceName: { referenceName: names.linkedServices.staging },
        path: { value: `${stagingContainer(key)}/@{pipeline().RunId}` },
        enableCompression: true,
      },
    });
  }
});

test.each([
  ['SqlServer', 'SqlServerSource'],
  ['AzureSql', 'AzureSqlSource'],
] as const)('a %s source is read as %s', (kind, type) => {
  const small = pipelineSchema.parse(pipelinesOf(kind).get(names.pipelines.small)?.properties);
  const copy = small.activities.find((activity) => activity.type === 'Copy');
  expect(copy?.typeProperties).toMatchObject({ source: { type }, sink: { type: 'AzureSqlSink' } });
});
