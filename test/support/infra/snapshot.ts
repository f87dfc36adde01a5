/** What Microsoft's compiler makes of the templates with given parameters: `infra/snapshots/`. */
import { z } from 'zod';
import { infraJson } from './infra-files.ts';

const resourceSchema = z.object({
  type: z.string(),
  id: z.string(),
  name: z.string(),
  location: z.string().optional(),
  sku: z.looseObject({}).optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
const snapshotSchema = z.object({ predictedResources: z.array(resourceSchema), diagnostics: z.array(z.unknown()) });

export type PredictedResource = z.output<typeof resourceSchema>;

/** The resources that a deployment makes; what is known only when it runs stands as an expression. */
export function snapshot(name: 'public' | 'private' | 'scheduler'): readonly PredictedResource[] {
  const { predictedResources, diagnostics } = snapshotSchema.parse(infraJson(`snapshots/${name}.snapshot.json`));
  if (diagnostics.length > 0) throw new Error(`The compiler had something to say: ${JSON.stringify(diagnostics)}`);
  return predictedResources;
}

/** Those of a type. */
export function ofType(resources: readonly PredictedResource[], type: string): readonly PredictedResource[] {
  return resources.filter((resource) => resource.type === type);
}

/** The only one of a type. */
export function theOne(resources: readonly PredictedResource[], type: string): PredictedResource {
  const [found, ...others] = ofType(resources, type);
  if (found === undefined || others.length > 0) throw new Error(`There is not one ${type}`);
  return found;
}

/** On what and which: an assignment of a role, with the resource by its type and name. */
export function assignmentOf({ id, properties }: PredictedResource): readonly [scope: string, role: string] {
  const scope = /^\[extensionResourceId\('[^']*\/providers\/([^']+)'/.exec(id)?.[1] ?? id;
  return [scope, String(properties['roleDefinitionId']).split('/').at(-1) ?? ''];
}
