import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reachOf } from '../../../functions/http/roles.ts';
import type { Role } from '../../../functions/http/roles.ts';
import type { Route } from '../../../functions/http/adapter.ts';
import { routes } from '../../../functions/routes.ts';
import { checkDefinitionSchema } from '../../../shared/checks/check.ts';
import { keptTableSchema } from '../../../shared/plan/kept-plan.ts';
import { environmentPlaceSchema, environmentNameSchema } from '../../../shared/environments/environment.ts';
import { replayBodySchema } from '../../../functions/setups/replay-body.ts';
import { bulkReplayBodySchema } from '../../../functions/replays/replay-body.ts';
import { runBodySchema } from '../../../functions/runs/run-body.ts';
import { itemResultSchema, replayFilterSchema } from '../../../shared/replays/replay.ts';
import { setupBodySchema } from '../../../functions/setups/setup-body.ts';
import { apiErrors, fieldErrors } from '../../../shared/errors.ts';
import { apiVersion, setupIdSchema } from '../../../shared/setup/setup.ts';
import { describedResponse, openapi, operations, queryParametersOf, validatorOf } from '../../support/api/openapi.ts';

const { schemas, responses } = openapi.components;

const allRoles = [
  'Setup.Read',
  'Setup.Read.All',
  'Setup.Write',
  'Setup.Write.All',
  'Ops.Read',
  'Ops.Write',
  'Factory.Notify',
];

/** Whether an app role lets the provider in where another is asked for: for every tenant, or for its own at least. */
function grants(given: string, asked: Role, own: boolean): boolean {
  const caller = { tenantId: '', ofProvider: true, objectId: '', roles: [given] };
  const reach = reachOf(caller, asked);
  return reach === 'everyTenant' || (own && reach === 'ownTenant');
}

describe('routes', () => {
  test('are exactly the operations that are described, with their roles', () => {
    const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, security }]) => ({
        name: operationId,
        method: method.toUpperCase(),
        path: path.slice(1),
        roles: security.flatMap(({ entra = [] }) => entra),
      })),
    );
    const rolesOf = (route: Route) => ('roles' in route ? route.roles : route.role === undefined ? [] : [route.role]);
    const served = routes.map((route) => {
      const { name, method, path } = route;
      const roles = allRoles.filter((given) => rolesOf(route).some((role) => grants(given, role, !('roles' in route))));
      return { name, method, path, roles };
    });
    expect(described).toHaveLength(served.length);
    expect(described).toEqual(expect.arrayContaining(served));
  });

  test('of one method never overlap: the host gives a literal segment no precedence', () => {
    const overlap = (a: string, b: string) => {
      const [one, other] = [a.split('/'), b.split('/')];
      return one.length === other.length && one.every((s, i) => s === other[i] || `${s}${other[i]}`.includes('{'));
    };
    const clashes = routes.flatMap((a) =>
      routes.filter((b) => a.name < b.name && a.method === b.method && overlap(a.path, b.path)),
    );
    expect(clashes).toEqual([]);
  });
});

/** A schema without what only readers need. */
function bare(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(bare);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return bare(schemas[String(schema.$ref).split('/').at(-1) ?? '']);
  const kept = Object.entries(schema).filter(([name, value]) => typeof value !== 'string' || name !== 'description');
  return Object.fromEntries(kept.filter(([name]) => name !== '$schema').map(([name, value]) => [name, bare(value)]));
}

interface CodeSchema {
  readonly enum: readonly string[];
}

interface ProblemSchema {
  readonly properties: {
    readonly code: CodeSchema;
    readonly errors: { readonly items: { readonly properties: { readonly code: CodeSchema } } };
  };
}

describe('the description says what the code checks', () => {
  test('of a request for a setup', () => {
    expect(bare(schemas['SetupRequest'])).toEqual(bare(z.toJSONSchema(setupBodySchema)));
  });

  test('of a request for a replay', () => {
    expect(bare(schemas['ReplayRequest'])).toEqual(bare(z.toJSONSchema(replayBodySchema, { io: 'input' })));
  });

  test.each(routes)('of the query parameters of $name', ({ name, parameters = [] }) => {
    const version = ['getHealth', 'listCatalogue', 'listErrors'].includes(name) ? [] : ['api-version'];
    expect(queryParametersOf(name).toSorted()).toEqual([...parameters, ...version].toSorted());
  });

  test('of a check of the catalogue', () => {
    expect(bare(schemas['CheckDefinition'])).toEqual(bare(z.toJSONSchema(checkDefinitionSchema)));
  });

  test('of a table of a plan', () => {
    expect(bare(schemas['PlannedTable'])).toEqual(bare(z.toJSONSchema(keptTableSchema)));
  });

  test('of an environment', () => {
    expect(bare(schemas['EnvironmentPlace'])).toEqual(bare(z.toJSONSchema(environmentPlaceSchema)));
    expect(bare(schemas['EnvironmentName'])).toEqual(bare(z.toJSONSchema(environmentNameSchema)));
  });

  test('of a bulk replay', () => {
    const input = { io: 'input' } as const;
    expect(bare(schemas['ReplayFilter'])).toEqual(bare(z.toJSONSchema(replayFilterSchema, input)));
    expect(bare(schemas['BulkReplayRequest'])).toEqual(bare(z.toJSONSchema(bulkReplayBodySchema, input)));
    expect(bare(schemas['ReplayItemResult'])).toEqual(bare(z.toJSONSchema(itemResultSchema)));
  });

  test('of a replication run', () => {
    expect(bare(schemas['ReplicationRunRequest'])).toEqual(bare(z.toJSONSchema(runBodySchema, { io: 'input' })));
  });

  test('of setup ids and the version', () => {
    expect(bare(schemas['SetupId'])).toEqual(bare(z.toJSONSchema(setupIdSchema)));
    expect(openapi.info.version).toBe(apiVersion);
  });

  test('of error codes', () => {
    const { code, errors } = (schemas['Problem'] as unknown as ProblemSchema).properties;
    expect(new Set(code.enum)).toEqual(new Set(Object.keys(apiErrors)));
    expect(new Set(errors.items.properties.code.enum)).toEqual(new Set(Object.keys(fieldErrors)));
  });

  test.each(Object.entries(apiErrors))('of the error %s', (code, { status }) => {
    const described = Object.entries(responses).filter(([, { description }]) => description?.includes(`\`${code}\``));
    expect(described).toHaveLength(1);
    const [name] = described.map(([key]) => key);
    const users = [...operations.values()].filter(({ responses: answers }) =>
      JSON.stringify(answers[status] ?? '').includes(`#/components/responses/${name}"`),
    );
    expect(users).not.toEqual([]);
  });
});

describe('every example is as its schema says', () => {
  const examples = [...operations.values()].flatMap(({ operationId, requestBody, responses: answers }) =>
    [requestBody, ...Object.keys(answers).map((status) => describedResponse(operationId, Number(status)))]
      .flatMap((described) => Object.values(described?.content ?? {}))
      .filter(({ example }) => example !== undefined)
      .map((media) => ({ operationId, ...media })),
  );

  test.each(examples)('of $operationId', ({ schema, example }) => {
    expect(validatorOf(schema).safeParse(example)).toMatchObject({ success: true });
  });
});
