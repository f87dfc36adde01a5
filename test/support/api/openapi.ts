import { readFileSync } from 'node:fs';
import { z } from 'zod';

interface Media {
  readonly schema: object;
  readonly example?: unknown;
}

/** The parts of an answer or a request body that tests look at. */
export interface Described {
  readonly description?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
}

/** An operation of `docs/openapi.json`. */
export interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Described;
  readonly responses: Readonly<Record<string, Described | { readonly $ref: string }>>;
}

interface Components {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly responses: Readonly<Record<string, Described>>;
}

/** The description of the API. */
export const openapi = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Components;
};

/** All operations by their ids. */
export const operations = new Map(
  Object.values(openapi.paths)
    .flatMap((methods) => Object.values(methods))
    .map((operation) => [operation.operationId, operation]),
);

/** What an operation answers with a status; undefined if the description has nothing of it. */
export function describedResponse(operationId: string, status: number): Described | undefined {
  const response = operations.get(operationId)?.responses[status];
  if (response === undefined || !('$ref' in response)) return response;
  return openapi.components.responses[response.$ref.split('/').at(-1) ?? ''];
}

/** @throws {Error} if the description does not say that an operation answers so */
export function requireDescribed(
  operationId: string,
  { status, body }: { readonly status: number; readonly body?: unknown },
): void {
  const described = describedResponse(operationId, status);
  if (described === undefined) throw new Error(`It is not described that ${operationId} answers ${status}`);
  const [media] = Object.values(described.content ?? {});
  if (media !== undefined) validatorOf(media.schema).parse(body);
  else if (body !== undefined) throw new Error(`It is not described that ${operationId} answers ${status} with a body`);
}

/** Names of the query parameters of an operation. */
export function queryParametersOf(operationId: string): string[] {
  return (operations.get(operationId)?.parameters ?? [])
    .map((given) => ('$ref' in given ? openapi.components.parameters[given.$ref.split('/').at(-1) ?? ''] : given))
    .flatMap((parameter) => (parameter?.in === 'query' ? [parameter.name] : []));
}

/** Makes a validator of a schema of the description. It also refuses members that are not described. */
export function validatorOf(schema: object): z.ZodType {
  const { schemas } = openapi.components;
  return z.fromJSONSchema(closed({ ...schema, $defs: schemas }) as Parameters<typeof z.fromJSONSchema>[0]);
}

/** The same schema in which no object has unknown members, and which stands alone. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([name, value]: [string, unknown]) => [
    name,
    name === '$ref' ? String(value).replace('#/components/schemas/', '#/$defs/') : closed(value),
  ]);
  const copy = Object.fromEntries(members) as Record<string, unknown>;
  return 'properties' in copy && copy['type'] === 'object' ? { additionalProperties: false, ...copy } : copy;
}
