import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { environmentNameSchema } from '../../shared/environments/environment.ts';
import { shownId } from '../../shared/setup/assessment.ts';
import { readContinuation } from '../../shared/setup/continuation.ts';
import { MAXIMUM_FILTER_VALUES } from '../../shared/setup/index-rows.ts';
import type { IndexedSetup, SetupFilter, SetupOrder } from '../../shared/setup/index-rows.ts';
import { factorySchema } from '../../shared/setup/setup.ts';
import { phaseSchema, setupStateSchema } from '../../shared/setup/states.ts';
import type { KnownCall, TenantCall } from '../http/adapter.ts';
import { nextLinkOf } from '../http/links.ts';
import { ApiError } from '../http/problem.ts';
import { dateTimeSchema, listSchema, pagingSchema, readQuery } from '../http/query.ts';

const orders = { 'createdAt desc': 'newest', 'createdAt asc': 'oldest' } as const satisfies Record<string, SetupOrder>;

const shared = [
  'attempt',
  'state',
  'phase',
  'errorCode',
  'factory',
  'environment',
  'createdAt',
  'lastModifiedAt',
] as const satisfies readonly (keyof IndexedSetup)[];
const setupMembers = ['tenantId', 'setupId', ...shared] as const;
const assessmentMembers = ['assessmentId', ...shared] as const;

const filterShape = {
  state: listSchema(setupStateSchema).optional(),
  phase: listSchema(phaseSchema).optional(),
  errorCode: listSchema(z.string().min(1).max(50)).optional(),
  factory: factorySchema.shape.name.optional(),
  environment: environmentNameSchema.optional(),
  createdBefore: dateTimeSchema.optional(),
  createdAfter: dateTimeSchema.optional(),
  modifiedBefore: dateTimeSchema.optional(),
  modifiedAfter: dateTimeSchema.optional(),
};

function querySchemaOf<Members extends readonly string[]>(members: Members) {
  return z
    .object({
      ...filterShape,
      ...pagingSchema,
      orderby: z.enum(Object.keys(orders) as (keyof typeof orders)[]).default('createdAt desc'),
      select: listSchema(z.enum(members)).optional(),
    })
    .refine(
      ({ state = [], phase = [], errorCode = [] }) =>
        state.length + phase.length + errorCode.length <= MAXIMUM_FILTER_VALUES,
      { message: `state, phase and errorCode have at most ${MAXIMUM_FILTER_VALUES} values together` },
    );
}

/** Query parameters of a list of setups or assessments, beside the API version. */
export const listParameters = Object.keys(querySchemaOf(setupMembers).shape);

/** `GET …/migrationSetups`: the setups of a tenant. */
export function listSetups(call: TenantCall): Promise<HttpResponseInit> {
  const { tenantId } = call;
  return listPage(call, `tenants/${tenantId}/migrationSetups`, { tenantId }, setupMembers);
}

/** `GET /api/migrationSetups`: the setups of all tenants. */
export function listAllSetups(call: KnownCall): Promise<HttpResponseInit> {
  return listPage(call, 'migrationSetups', {}, setupMembers);
}

/** `GET …/assessments`: the assessments of a tenant. */
export function listAssessments(call: TenantCall): Promise<HttpResponseInit> {
  const { tenantId } = call;
  return listPage(call, `tenants/${tenantId}/assessments`, { assessmentsOf: tenantId }, assessmentMembers);
}

/** A page of setups or assessments as the index knows them. */
async function listPage(
  call: KnownCall,
  path: string,
  scope: SetupFilter,
  members: readonly (keyof Listed)[],
): Promise<HttpResponseInit> {
  const asked = readQuery(call.request, querySchemaOf(members));
  const { maxpagesize, continuation, orderby, select = members, ...wanted } = asked;
  const filter: SetupFilter = { ...scope, ...given(wanted) };
  const order = orders[orderby];
  if (continuation !== undefined && readContinuation(continuation, filter, order) === undefined) {
    throw new ApiError(
      'InvalidQueryParameter',
      'continuation: Follow the nextLink of a page as it is; filter and order are those of its list.',
    );
  }
  const { setups, next } = await call.services.index.page(filter, order, maxpagesize, continuation);
  const value = setups.map((setup) => {
    const listed: Listed = { ...setup, ...shownId(setup) };
    return Object.fromEntries(select.map((member) => [member, listed[member]]));
  });
  return {
    status: 200,
    jsonBody: { value, ...(next === undefined ? {} : { nextLink: nextLinkOf(call, path, next) }) },
  };
}

interface Listed extends IndexedSetup {
  readonly assessmentId?: string;
}

/** What was asked for: a parameter that is left out is no member. */
function given(wanted: z.infer<z.ZodObject<typeof filterShape>>): SetupFilter {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}
