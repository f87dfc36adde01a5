import { z } from 'zod';
import { badRequest, describeZodError } from './errors.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

/** Reads of the wire documents. Only what the local service looks at is described; the rest passes through. */

export const json = z.custom<Json>((value) => value !== undefined);
export const jsonObject = z.custom<JsonObject>(isObject, 'expected an object');

export const reference = z.looseObject({
  referenceName: z.string(),
  parameters: z.record(z.string(), json).default({}),
});
export type Reference = z.infer<typeof reference>;

const condition = z.enum(['Succeeded', 'Failed', 'Skipped', 'Completed']);
export type Condition = z.infer<typeof condition>;

const activity = z.looseObject({
  name: z.string().min(1),
  type: z.string().min(1),
  dependsOn: z.array(z.looseObject({ activity: z.string(), dependencyConditions: z.array(condition) })).default([]),
  policy: z
    .looseObject({
      timeout: json.optional(),
      retry: json.optional(),
      retryIntervalInSeconds: z.int().min(30).max(86_400).default(30),
      secureInput: z.boolean().default(false),
      secureOutput: z.boolean().default(false),
    })
    .prefault({}),
  linkedServiceName: reference.optional(),
  inputs: z.array(reference).default([]),
  outputs: z.array(reference).default([]),
  typeProperties: jsonObject.default({}),
});
export type Activity = z.infer<typeof activity>;

const activities = z.array(activity);

// https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity#type-properties
const forEach = z.strictObject({
  items: z.strictObject({ type: z.literal('Expression'), value: z.string() }),
  isSequential: z.boolean().default(false),
  batchCount: z.int().min(1).max(50).default(20),
  activities: z.array(json),
});

const parameterType = z.enum(['String', 'SecureString', 'Int', 'Float', 'Bool', 'Array', 'Object']);
const parameter = z.looseObject({ type: parameterType, defaultValue: json.optional() });
export type Parameter = z.infer<typeof parameter>;

const pipeline = z.looseObject({
  activities: activities.default([]),
  parameters: z.record(z.string(), parameter).default({}),
  variables: z.record(z.string(), z.looseObject({ defaultValue: json.optional() })).default({}),
  concurrency: z.int().min(1).optional(),
  annotations: z.array(json).default([]),
});
export type Pipeline = z.infer<typeof pipeline>;

const dataset = z.looseObject({
  type: z.string(),
  linkedServiceName: reference,
  parameters: z.record(z.string(), z.looseObject({ defaultValue: json.optional() })).default({}),
  typeProperties: jsonObject.default({}),
});
export type Dataset = z.infer<typeof dataset>;

/** Reads a value by a schema; 400 `BadRequest` names what does not fit. */
export function read<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(`${what}: ${describeZodError(result.error)}`);
}

/** Reads the body of a request, an empty one as an empty object; 400 when it is no JSON object. */
export function readBody(text: string): JsonObject {
  const value = text === '' ? {} : parseJson(text);
  return read(jsonObject, value, 'The request body is invalid');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message repeats a part of the text.
    throw badRequest('The request body is not JSON.');
  }
}

/** Reads the `properties` of a pipeline; 400 when malformed. */
export function readPipeline(properties: JsonObject): Pipeline {
  return read(pipeline, properties, 'The pipeline is invalid');
}

/** Reads the `properties` of a dataset; 400 when malformed. */
export function readDataset(properties: JsonObject): Dataset {
  return read(dataset, properties, 'The dataset is invalid');
}

/** Reads the properties of a ForEach; 400 when malformed. */
export function readForEach({ name, typeProperties }: Activity): z.infer<typeof forEach> {
  return read(forEach, typeProperties, `The ForEach '${name}' is invalid`);
}

/** Reads a reference to another document; 400 when malformed. */
export function readReference(value: Json): Reference {
  return read(reference, value, 'The reference is invalid');
}

/** Reads the activities of a container's branch; an absent branch has none. */
export function readBranch(value: Json | undefined): readonly Activity[] {
  return read(activities, value ?? [], 'The inner activities are invalid');
}

const BRANCHES = ['activities', 'ifTrueActivities', 'ifFalseActivities', 'defaultActivities'] as const;

/** The branches of a container activity (If Condition, Switch, ForEach, Until); none for other activities. */
export function branches({ typeProperties }: Activity): readonly (readonly Activity[])[] {
  const cases = Array.isArray(typeProperties['cases']) ? typeProperties['cases'].filter(isObject) : [];
  const lists = [...BRANCHES.map((name) => typeProperties[name]), ...cases.map((one) => one['activities'])];
  return lists.filter((list) => list !== undefined).map((list) => readBranch(list));
}

/** An activity list with everything nested in it. */
export function flatten(list: readonly Activity[]): readonly Activity[] {
  return list.flatMap((one) => [one, ...branches(one).flatMap((branch) => flatten(branch))]);
}
