/** The pipelines of a setup, read as Data Factory reads them. */
import { z } from 'zod';
import { entityNames } from '../../../shared/factory/names.ts';
import { largeTablesPipeline, replicatePipeline, smallTablesPipeline } from '../../../shared/factory/pipelines.ts';
import { preparationPipeline } from '../../../shared/factory/preparation-pipeline.ts';
import type { CatalogueUse } from '../../../shared/factory/preparation-pipeline.ts';
import type { EntityDocument } from '../../../shared/factory/connections.ts';
import type { SourceKind } from '../../../shared/setup/setup.ts';
import * as scripts from '../../../shared/sql/scripts.ts';

export const key = '0123456789ab';
export const names = entityNames(key);
export const claimant = { setupKey: 'a'.repeat(64), attempt: 3 };

export interface Activity {
  readonly name: string;
  readonly type: string;
  readonly dependsOn: readonly { readonly activity: string; readonly dependencyConditions: readonly string[] }[];
  readonly linkedServiceName?: { readonly referenceName: string } | undefined;
  readonly inputs: readonly { readonly referenceName: string }[];
  readonly outputs: readonly unknown[];
  readonly typeProperties: Readonly<Record<string, unknown>>;
}

export const activitySchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  dependsOn: z.array(z.object({ activity: z.string(), dependencyConditions: z.array(z.string()) })).default([]),
  linkedServiceName: z.object({ referenceName: z.string() }).optional(),
  inputs: z.array(z.object({ referenceName: z.string() })).default([]),
  outputs: z.array(z.unknown()).default([]),
  typeProperties: z.looseObject({}),
});
export const pipelineSchema = z.object({
  activities: z.array(activitySchema),
  parameters: z.record(z.string(), z.object({ type: z.enum(['String', 'Int', 'Bool']) })),
});

// What holds other activities: https://learn.microsoft.com/azure/data-factory/concepts-nested-activities
const innerSchema = z.object({
  activities: z.array(activitySchema).default([]),
  ifTrueActivities: z.array(activitySchema).default([]),
  ifFalseActivities: z.array(activitySchema).default([]),
  cases: z.array(z.object({ activities: z.array(activitySchema) })).default([]),
});

export function pipelinesOf(
  sourceKind: SourceKind,
  use: CatalogueUse = 'comparable',
): ReadonlyMap<string, EntityDocument> {
  const context = { key, names, sourceKind };
  return new Map([
    [names.pipelines.prepare, preparationPipeline(context, claimant, scripts, use)],
    [names.pipelines.replicate, replicatePipeline(context)],
    [names.pipelines.large, largeTablesPipeline(context)],
    [names.pipelines.small, smallTablesPipeline(context)],
  ]);
}

/** Lists of activities that stand side by side: the pipeline's own, and those inside its activities. */
export function levelsOf(activities: readonly Activity[]): (readonly Activity[])[] {
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

export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

export const namesIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);
