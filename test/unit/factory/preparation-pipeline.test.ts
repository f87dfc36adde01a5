import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { preparationActivities } from '../../../shared/factory/preparation-pipeline.ts';
import type { CatalogueUse } from '../../../shared/factory/preparation-pipeline.ts';
import * as scripts from '../../../shared/sql/scripts.ts';
import {
  activitySchema,
  claimant,
  levelsOf,
  names,
  namesIn,
  pipelineSchema,
  pipelinesOf,
} from '../../support/factory/pipeline-documents.ts';
import type { Activity } from '../../support/factory/pipeline-documents.ts';

const pipelines = pipelinesOf('SqlServer');
const prepare = pipelineSchema.parse(pipelines.get(names.pipelines.prepare)?.properties).activities;

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
