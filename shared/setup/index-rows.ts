/** Rows of the index of setups, and where those of a list are. Pure. */
import { z } from 'zod';
import { END_OF_TIME, timeKey } from '../time-key.ts';
import type { TimeOrder } from '../time-key.ts';
import { isAssessment } from './assessment.ts';
import type { SetupRecord } from './head.ts';
import { partitionOf } from './rows.ts';
import { phaseSchema, setupStateSchema } from './states.ts';
import type { Phase, SetupState } from './states.ts';

/** Which setups a list has. What is left out does not matter; of several values, one must apply. */
export interface SetupFilter {
  readonly tenantId?: string;
  /** The tenant whose assessments are listed, in place of setups. */
  readonly assessmentsOf?: string;
  readonly state?: readonly SetupState[];
  readonly phase?: readonly Phase[];
  readonly errorCode?: readonly string[];
  /** Name of the factory of the attempt. */
  readonly factory?: string;
  /** Without regard to case. */
  readonly environment?: string;
  readonly createdBefore?: Date;
  readonly createdAfter?: Date;
  readonly modifiedBefore?: Date;
  readonly modifiedAfter?: Date;
}

/** By the time of creation, which never changes: so a setup keeps its place while a list is read. */
export type SetupOrder = TimeOrder;

const indexedSetupSchema = z.object({
  tenantId: z.string(),
  setupId: z.string(),
  attempt: z.int(),
  state: setupStateSchema,
  phase: phaseSchema,
  errorCode: z.string().optional(),
  factory: z.string().optional(),
  environment: z.string(),
  createdAt: z.string(),
  lastModifiedAt: z.string(),
});
/** What the index knows of a setup. */
export type IndexedSetup = z.infer<typeof indexedSetupSchema>;

/**
 * Most values of `state`, `phase` and `errorCode` together: Table Storage makes 15 comparisons a query.
 * https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities
 */
export const MAXIMUM_FILTER_VALUES = 8;

/** Reads a row of the index. @throws {z.ZodError} if it is none */
export function indexedFromRow(row: object): IndexedSetup {
  return indexedSetupSchema.parse(row);
}

/** All rows are in one partition, so that those of a setup change together. */
export const INDEX_PARTITION = 'setups';

/** Every setup is in two scopes, each of which has it whole: that of all setups, and that of its tenant. */
const ALL = 'all';
/** The scope of a tenant's assessments: a list of setups has setups only. */
function assessmentsOf(tenantId: string): string {
  return `assessments-${tenantId}`;
}

/**
 * The sets of a scope. `open` are the setups that are neither ready, completed nor deleted: few among many, and what most
 * lists are about.
 */
type IndexSet = 'all' | 'open';

const closedStates: ReadonlySet<SetupState> = new Set(['Ready', 'Completed', 'Deleted']);

export function isOpen(state: SetupState): boolean {
  return !closedStates.has(state);
}

const orders: readonly SetupOrder[] = ['newest', 'oldest'];
type Placed = Pick<IndexedSetup, 'tenantId' | 'setupId' | 'createdAt'>;

/** The row keys of a setup in a set. */
export function rowKeysOf(setup: Placed, set: IndexSet): readonly string[] {
  const scopes = isAssessment(setup) ? [assessmentsOf(setup.tenantId)] : [ALL, setup.tenantId];
  return scopes.flatMap((scope) => orders.map((order) => `${prefixOf(scope, set, order)}${placeIn(order, setup)}`));
}

function prefixOf(scope: string, set: IndexSet, order: SetupOrder): string {
  return `${scope}|${set}-${order}-`;
}

/** The row of a setup, but for its keys. */
export function indexRow(setup: SetupRecord) {
  const { tenantId, setupId, attempt, state, phase, failure, factory, destination, createdAt, lastModifiedAt } = setup;
  const { environment } = destination;
  return {
    tenantId,
    setupId,
    attempt,
    state,
    phase,
    environment,
    createdAt,
    lastModifiedAt,
    environmentKey: environment.toLowerCase(),
    ...(failure === undefined ? {} : { errorCode: failure.code }),
    ...(factory === undefined ? {} : { factory }),
  };
}

/** The place of a setup in a list: what is left of its row key without the scope, the set and the order. */
export function placeIn(order: SetupOrder, setup: Placed): string {
  return `${timeKey(order, Date.parse(setup.createdAt))}-${partitionOf(setup)}`;
}

/**
 * Where the rows of a list are: one range of keys, without its ends.
 * @param place after which the list goes on; undefined: from its beginning
 */
export function rangeOf(filter: SetupFilter, order: SetupOrder, place: string | undefined) {
  const { tenantId = ALL, assessmentsOf: assessor, state, createdBefore, createdAfter } = filter;
  const set: IndexSet = state?.every(isOpen) === true ? 'open' : 'all';
  const prefix = prefixOf(assessor === undefined ? tenantId : assessmentsOf(assessor), set, order);
  const earliest = (createdAfter?.getTime() ?? -1) + 1;
  const latest = (createdBefore?.getTime() ?? END_OF_TIME + 1) - 1;
  const [first, last] = order === 'oldest' ? [earliest, latest] : [latest, earliest];
  return {
    begin: `${prefix}${place ?? timeKey(order, first)}`,
    // '~' sorts after every character that a row key of ours has.
    end: `${prefix}${timeKey(order, last)}~`,
  };
}

/** What is compared in every row of a range: column, operator and values, of which one must apply. */
export function conditionsOf(filter: SetupFilter): readonly (readonly [string, string, readonly string[]])[] {
  const { state, phase, errorCode, factory, environment, modifiedBefore, modifiedAfter } = filter;
  const conditions = [
    ['state', 'eq', state],
    ['phase', 'eq', phase],
    ['errorCode', 'eq', errorCode],
    ['factory', 'eq', listOf(factory)],
    ['environmentKey', 'eq', listOf(environment?.toLowerCase())],
    ['lastModifiedAt', 'lt', listOf(modifiedBefore?.toISOString())],
    ['lastModifiedAt', 'gt', listOf(modifiedAfter?.toISOString())],
  ] as const;
  return conditions.flatMap(([column, operator, values]) => {
    return values === undefined ? [] : [[column, operator, values] as const];
  });
}

function listOf(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}
