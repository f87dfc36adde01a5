import {
  branches,
  flatten,
  readDataset,
  readForEach,
  readPipeline,
  type Activity,
  type Pipeline,
} from './documents.ts';
import { badRequest, unsupported } from './errors.ts';
import { toText, type Json, type JsonObject } from './json.ts';
import { readLinkedService } from './linked-services.ts';
import type { Kind } from './resources.ts';

// https://learn.microsoft.com/azure/data-factory/naming-rules
const RUNTIME_NAME = /^(?=.{3,63}$)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/;
const DOCUMENT_NAME = /^[A-Za-z0-9_][^<>*#.%&:\\+?/]*$/;
const NAME_LENGTH = { pipelines: 140, datasets: 260, linkedservices: 260 } as const;

// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-data-factory-limits
const LIMITS = {
  activities: 120,
  parameters: 50,
  expressionLength: 8_192,
  pipelineBytes: 200_000,
  otherBytes: 100_000,
};
// https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#activity-json
const ACTIVITY_NAME_LENGTH = 55;
const DATASET_TYPES: ReadonlySet<string> = new Set(['SqlServerTable', 'AzureSqlTable', 'Json']);

/** Checks a document before it is stored, as the service does at PUT; 400 `BadRequest` says what is wrong. */
export function validate(kind: Kind, name: string, properties: JsonObject): void {
  validateName(kind, name);
  const bytes = Buffer.byteLength(JSON.stringify(properties));
  if (bytes > (kind === 'pipelines' ? LIMITS.pipelineBytes : LIMITS.otherBytes)) {
    throw badRequest(`The document '${name}' is too large: ${bytes} bytes.`);
  }
  validateExpressions(properties);
  if (kind === 'pipelines') validatePipeline(readPipeline(properties));
  if (kind === 'linkedservices') readLinkedService(properties);
  if (kind === 'datasets') validateDataset(properties);
  if (kind === 'integrationruntimes') validateRuntime(properties);
}

function validateName(kind: Kind, name: string): void {
  const valid =
    kind === 'integrationruntimes'
      ? RUNTIME_NAME.test(name)
      : DOCUMENT_NAME.test(name) && name.length <= NAME_LENGTH[kind] && (kind === 'pipelines' || !name.includes('-'));
  if (!valid) throw badRequest(`The name '${name}' is not a valid name in ${kind}.`);
}

function validateExpressions(value: Json): void {
  if (typeof value === 'string' && value.startsWith('@') && value.length > LIMITS.expressionLength) {
    throw badRequest(`An expression has ${value.length} characters; the limit is ${LIMITS.expressionLength}.`);
  }
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(validateExpressions);
}

function validateDataset(properties: JsonObject): void {
  const { type } = readDataset(properties);
  if (!DATASET_TYPES.has(type)) throw unsupported(`A dataset of type '${type}'`);
}

function validateRuntime(properties: JsonObject): void {
  if (properties['type'] !== 'SelfHosted') {
    throw unsupported(`An integration runtime of type '${toText(properties['type'] ?? null)}'`);
  }
  if (properties['typeProperties'] !== undefined) throw unsupported('A linked (shared) integration runtime');
}

function validatePipeline({ activities, parameters }: Pipeline): void {
  const all = flatten(activities);
  if (all.length > LIMITS.activities) {
    throw badRequest(`The pipeline has ${all.length} activities; the limit is ${LIMITS.activities}.`);
  }
  if (Object.keys(parameters).length > LIMITS.parameters) {
    throw badRequest(`The pipeline has more than ${LIMITS.parameters} parameters.`);
  }
  const names = new Set<string>();
  for (const { name } of all) {
    if (name.length > ACTIVITY_NAME_LENGTH) throw badRequest(`The activity name '${name}' is too long.`);
    if (names.has(name.toLowerCase())) throw badRequest(`The activity name '${name}' is used more than once.`);
    names.add(name.toLowerCase());
  }
  validateScope(activities);
  validateNesting(activities, false);
}

/** Dependencies name activities of the same list and form no circle. */
function validateScope(list: readonly Activity[]): void {
  const byName = new Map(list.map((one) => [one.name, one]));
  const done = new Set<string>();
  const visit = (one: Activity, path: readonly string[]): void => {
    if (path.includes(one.name)) throw badRequest(`The activity '${one.name}' depends on itself.`);
    if (done.has(one.name)) return;
    for (const { activity } of one.dependsOn) {
      const parent = byName.get(activity);
      if (parent === undefined) {
        throw badRequest(`The activity '${one.name}' depends on '${activity}', which is not in its scope.`);
      }
      visit(parent, [...path, one.name]);
    }
    done.add(one.name);
  };
  for (const one of list) {
    visit(one, []);
    branches(one).forEach(validateScope);
  }
}

// https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity#limitations-and-workarounds
function validateNesting(list: readonly Activity[], inLoop: boolean): void {
  for (const one of list) {
    const isLoop = one.type === 'ForEach' || one.type === 'Until';
    if (one.type === 'ForEach') readForEach(one);
    if (isLoop && inLoop) throw badRequest(`The loop '${one.name}' cannot be nested in another loop.`);
    for (const branch of branches(one)) validateNesting(branch, inLoop || isLoop);
  }
}
