import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { CheckResult } from '../../shared/checks/check.ts';
import { resultsOfRows } from '../../shared/checks/stored-results.ts';
import { planDifferences } from '../../shared/plan/plan-diff.ts';
import type { ReachedAttempt } from '../../shared/setup/attempts.ts';
import { dataOf, tableCountsOf } from '../../shared/setup/milestone-data.ts';
import { phases } from '../../shared/setup/states.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError, notFound } from '../http/problem.ts';
import { readQuery } from '../http/query.ts';
import { isOperator } from '../http/roles.ts';
import { durationsOf } from './attempt-resource.ts';
import { attemptNumberSchema } from './find-attempt.ts';
import { findSetup } from './find-setup.ts';
import { keptPlan, keptPlanBlob } from './plan-of.ts';

const querySchema = z.object({ with: attemptNumberSchema });

/** Query parameters beside the API version. */
export const diffParameters = Object.keys(querySchema.shape);

/**
 * `GET …/attempts/{attempt}/diff?with={other}`: what differs between two attempts of a setup, each by its name, as it is
 * in the attempt and in the other one; what has no value in one of them is left out there.
 */
export async function diffAttempts(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const { with: otherNumber } = readQuery(call.request, querySchema);
  const attempts = await call.services.attempts.of(setup);
  const number = attemptNumberSchema.safeParse(call.request.params['attempt']).data;
  const attempt = attempts.find((candidate) => candidate.attempt === number);
  const other = attempts.find((candidate) => candidate.attempt === otherNumber);
  if (attempt === undefined) throw notFound('AttemptNotFound');
  if (other === undefined) {
    throw new ApiError('InvalidQueryParameter', `with: The setup has no attempt ${otherNumber}.`);
  }
  const [checks, otherChecks] = await Promise.all([checksOf(call, setup, attempt), checksOf(call, setup, other)]);
  const all = isOperator(call.caller);
  const request = differences(requestOf(attempt, all), requestOf(other, all));
  const counts = differences(countsOf(attempt), countsOf(other));
  const tables = await tableDifferences(call, setup, attempt, other);
  const changed =
    request.length + counts.length + (tables?.total ?? 0) + differences(statusOf(checks), statusOf(otherChecks)).length;
  return {
    status: 200,
    jsonBody: {
      attempt: attempt.attempt,
      with: other.attempt,
      // What is measured anew may be another number and mean the same.
      unchanged: changed === 0,
      request,
      // Whether another one was given, never which.
      passwordReplaced: attempt.secretName !== other.secretName,
      factory: differences(factoryOf(attempt), factoryOf(other)),
      checks: differences(checks, otherChecks),
      counts,
      ...(tables === undefined ? {} : { tables }),
      durationsMs: differences(durations(setup, attempt), durations(setup, other)),
    },
  };
}

/** What is compared, by name. */
type Values = ReadonlyMap<string, unknown>;

function differences(values: Values, others: Values) {
  const names = [...new Set([...values.keys(), ...others.keys()])];
  return names
    .map((name) => ({ name, attempt: values.get(name), with: others.get(name) }))
    .filter((pair) => JSON.stringify(pair.attempt) !== JSON.stringify(pair.with));
}

function valuesOf(values: object): Values {
  return new Map(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** @param all whether the place of the environment's database is shown */
function requestOf({ request, destination }: ReachedAttempt, all: boolean): Values {
  const { product, source, companies, tableMappings } = request;
  const { environment, region, server, database } = destination;
  return valuesOf({
    product,
    companies,
    tableMappings,
    ...named('source', { kind: source.kind, ...source.connection, runtimeName: source.runtimeName }),
    ...named('destination', { environment, region, ...(all ? { server, database } : {}) }),
  });
}

function named(prefix: string, values: object): object {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [`${prefix}.${name}`, value]),
  );
}

function factoryOf({ reached }: ReachedAttempt): Values {
  return valuesOf({ name: dataOf(reached, 'factorySelected')?.factory.name });
}

type Checks = ReadonlyMap<string, Pick<CheckResult, 'status' | 'measured'>>;

async function checksOf({ services }: TenantCall, setup: SetupRecord, { attempt }: ReachedAttempt): Promise<Checks> {
  const findings = await services.findings.of({ ...setup, attempt }, 'check');
  return new Map(resultsOfRows(findings).map(({ id, status, measured }) => [id, { status, measured }]));
}

function statusOf(checks: Checks): Values {
  return new Map([...checks].map(([id, { status }]) => [id, status]));
}

/** Undefined where one of the two has no plan (any more). */
async function tableDifferences(
  { services }: TenantCall,
  setup: SetupRecord,
  ...attempts: [ReachedAttempt, ReachedAttempt]
) {
  const [one, other] = attempts.map(({ attempt, destination }) => ({ ...setup, attempt, destination }));
  if (one === undefined || other === undefined) return undefined;
  const blobs = [await keptPlanBlob(services, one, one), await keptPlanBlob(services, other, other)];
  if (blobs.includes(undefined)) return undefined;
  return planDifferences(keptPlan(services, one, one), keptPlan(services, other, other));
}

function countsOf({ reached }: ReachedAttempt): Values {
  const { byCopyMethod = {}, ...tables } = tableCountsOf(reached) ?? {};
  return valuesOf({
    ...dataOf(reached, 'inventoryCompleted'),
    ...named('tables', tables),
    ...named('tables.byCopyMethod', byCopyMethod),
  });
}

function durations(setup: SetupRecord, { reached }: ReachedAttempt): Values {
  const spent = new Map(durationsOf(setup, reached).map(({ phase, durationMs }) => [phase, durationMs]));
  return new Map(phases.filter((phase) => spent.has(phase)).map((phase) => [phase, spent.get(phase)]));
}
