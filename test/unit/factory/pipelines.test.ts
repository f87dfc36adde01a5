import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { stagingContainer } from '../../../shared/factory/names.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import {
  key,
  levelsOf,
  names,
  namesIn,
  pipelineSchema,
  pipelinesOf,
  textsOf,
} from '../../support/factory/pipeline-documents.ts';
import type { Activity } from '../../support/factory/pipeline-documents.ts';

const sinkSchema = z.object({ sink: z.object({ type: z.string(), sqlWriterUseTableLock: z.boolean().optional() }) });
const pipelines = pipelinesOf('SqlServer');
const cases = [...pipelines].map(([name, { properties }]) => ({ name, properties: pipelineSchema.parse(properties) }));

/** Texts that Data Factory evaluates, whole or in part. */
const expressionsOf = (value: unknown) => textsOf(value).filter((text) => /^@|@\{/.test(text));

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
