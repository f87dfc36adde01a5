/** The API on one screen. `docs/openapi.json` describes it. */
import { assessmentRoutes } from './assessment-routes.ts';
import { auditParameters, listAudit } from './audit/list-audit.ts';
import { listCatalogue } from './checks/list-catalogue.ts';
import { deleteEnvironment } from './environments/delete-environment.ts';
import { getEnvironment } from './environments/get-environment.ts';
import { listEnvironments } from './environments/list-environments.ts';
import { putEnvironment } from './environments/put-environment.ts';
import { listFactories } from './factories/list-factories.ts';
import { notifyFactory } from './factories/notify-factory.ts';
import { listErrors } from './errors/list-errors.ts';
import { getHealth } from './health/get-health.ts';
import type { Route } from './http/adapter.ts';
import { getOperation } from './operations/get-operation.ts';
import { listOrphans, orphanParameters } from './orphans/list-orphans.ts';
import { createReplay } from './replays/create-replay.ts';
import { getReplay } from './replays/get-replay.ts';
import { itemParameters, listReplayItems } from './replays/list-replay-items.ts';
import { listReplays, replayParameters } from './replays/list-replays.ts';
import { stopReplay } from './replays/stop-replay.ts';
import { cancelRun } from './runs/cancel-run.ts';
import { createRun } from './runs/create-run.ts';
import { getRun } from './runs/get-run.ts';
import { listRuns } from './runs/list-runs.ts';
import { listRunTables, runTableParameters } from './runs/list-run-tables.ts';
import { retryRun } from './runs/retry-run.ts';
import { cancelSetup } from './setups/cancel-setup.ts';
import { deleteSetup, deletionParameters } from './setups/delete-setup.ts';
import { changeSelection } from './setups/change-selection.ts';
import { checkRuntime } from './setups/check-runtime.ts';
import { diffAttempts, diffParameters } from './setups/diff-attempts.ts';
import { attemptParameters } from './setups/find-attempt.ts';
import { getFailure } from './setups/get-failure.ts';
import { getSetup } from './setups/get-setup.ts';
import { listAttempts } from './setups/list-attempts.ts';
import { listChecks } from './setups/list-checks.ts';
import { companyParameters, listCompanies } from './setups/list-companies.ts';
import { listExtensions } from './setups/list-extensions.ts';
import { listRuntimeKeys } from './setups/list-runtime-keys.ts';
import { listAllSetups, listParameters, listSetups } from './setups/list-setups.ts';
import { listTables, tableParameters } from './setups/list-tables.ts';
import { putSetup } from './setups/put-setup.ts';
import { replaySetup } from './setups/replay-setup.ts';
import { summarizeTables, summaryParameters } from './setups/summarize-tables.ts';
import { regenerateRuntimeKey } from './setups/regenerate-runtime-key.ts';

/** Paths, each with what is said to be missing where there is nothing, or nothing for the caller. */
const operation = { path: 'tenants/{tenantId}/operations/{operationId}', missing: 'OperationNotFound' } as const;
const environments = { path: 'tenants/{tenantId}/environments', missing: 'TenantNotFound' } as const;
const environment = { path: `${environments.path}/{environment}`, missing: 'EnvironmentNotFound' } as const;
const setups = { path: 'tenants/{tenantId}/migrationSetups', missing: 'TenantNotFound' } as const;
const setup = { path: `${setups.path}/{setupId}`, missing: 'SetupNotFound' } as const;
const replay = { path: 'replays/{replayId}' } as const;
const below = <Path extends string>(path: Path) => ({ ...setup, path: `${setup.path}/${path}` }) as const;

const runs = below('replicationRuns');
const run = { path: `${runs.path}/{runId}`, missing: 'ReplicationRunNotFound' } as const;
const belowRun = <Path extends string>(path: Path) => ({ ...run, path: `${run.path}/${path}` }) as const;

const read = 'Setup.Read';
const write = 'Setup.Write';
const provide = 'Ops.Write';

/** Of what operators do, and look at, over all tenants. */
const operate = { roles: ['Ops.Write'] } as const;
const watch = { roles: ['Ops.Read', 'Ops.Write'] } as const;

/** Of handlers that start orchestrations or tell them something. */
const acts = { role: write, usesDurableClient: true } as const;

/** Of lists of what an attempt found. */
const ofAttempt = { role: read, parameters: attemptParameters } as const;

/** No two of one method overlap. A route without a role is open to everybody. */
export const routes: readonly Route[] = [
  ...assessmentRoutes,
  { name: 'cancelRun', method: 'POST', ...belowRun('cancel'), ...acts, handler: cancelRun },
  { name: 'cancelSetup', method: 'POST', ...below('cancel'), ...acts, handler: cancelSetup },
  { name: 'changeSelection', method: 'PATCH', ...setup, role: write, handler: changeSelection },
  { name: 'checkRuntime', method: 'POST', ...below('runtime/check'), ...acts, handler: checkRuntime },
  { name: 'createReplay', method: 'POST', path: 'replays', ...operate, usesDurableClient: true, handler: createReplay },
  { name: 'createRun', method: 'POST', ...runs, ...acts, handler: createRun },
  { name: 'deleteEnvironment', method: 'DELETE', ...environment, role: provide, handler: deleteEnvironment },
  { name: 'deleteSetup', method: 'DELETE', ...setup, parameters: deletionParameters, ...acts, handler: deleteSetup },
  {
    name: 'diffAttempts',
    method: 'GET',
    ...below('attempts/{attempt}/diff'),
    role: read,
    parameters: diffParameters,
    handler: diffAttempts,
  },
  { name: 'getEnvironment', method: 'GET', ...environment, role: read, handler: getEnvironment },
  { name: 'getFailure', method: 'GET', ...below('failure'), ...ofAttempt, role: 'Ops.Read', handler: getFailure },
  { name: 'getHealth', method: 'GET', path: 'health', role: undefined, handler: getHealth },
  { name: 'getOperation', method: 'GET', ...operation, role: read, handler: getOperation },
  { name: 'getReplay', method: 'GET', ...replay, ...watch, handler: getReplay },
  { name: 'getRun', method: 'GET', ...run, role: read, handler: getRun },
  { name: 'getSetup', method: 'GET', ...setup, role: read, handler: getSetup },
  {
    name: 'listAllSetups',
    method: 'GET',
    path: 'migrationSetups',
    roles: [read, 'Ops.Read'],
    parameters: listParameters,
    handler: listAllSetups,
  },
  { name: 'listAttempts', method: 'GET', ...below('attempts'), role: read, handler: listAttempts },
  {
    name: 'listAudit',
    method: 'GET',
    path: 'audit',
    roles: ['Ops.Read'],
    parameters: auditParameters,
    handler: listAudit,
  },
  { name: 'listCatalogue', method: 'GET', path: 'checks', role: undefined, handler: listCatalogue },
  { name: 'listChecks', method: 'GET', ...below('checks'), ...ofAttempt, handler: listChecks },
  {
    name: 'listCompanies',
    method: 'GET',
    ...below('companies'),
    role: read,
    parameters: companyParameters,
    handler: listCompanies,
  },
  { name: 'listErrors', method: 'GET', path: 'errors', role: undefined, handler: listErrors },
  { name: 'listEnvironments', method: 'GET', ...environments, role: read, handler: listEnvironments },
  { name: 'listExtensions', method: 'GET', ...below('extensions'), ...ofAttempt, handler: listExtensions },
  { name: 'listFactories', method: 'GET', path: 'factories', ...watch, handler: listFactories },
  { name: 'listOrphans', method: 'GET', path: 'orphans', ...watch, parameters: orphanParameters, handler: listOrphans },
  {
    name: 'listReplayItems',
    method: 'GET',
    path: `${replay.path}/items`,
    ...watch,
    parameters: itemParameters,
    handler: listReplayItems,
  },
  { name: 'listReplays', method: 'GET', path: 'replays', ...watch, parameters: replayParameters, handler: listReplays },
  { name: 'listRuns', method: 'GET', ...runs, role: read, handler: listRuns },
  {
    name: 'listRunTables',
    method: 'GET',
    ...belowRun('tables'),
    role: read,
    parameters: runTableParameters,
    handler: listRunTables,
  },
  { name: 'listRuntimeKeys', method: 'POST', ...below('runtime/listKeys'), ...acts, handler: listRuntimeKeys },
  { name: 'listSetups', method: 'GET', ...setups, role: read, parameters: listParameters, handler: listSetups },
  {
    name: 'listTables',
    method: 'GET',
    ...below('tables'),
    role: read,
    parameters: tableParameters,
    handler: listTables,
  },
  {
    name: 'notifyFactory',
    method: 'POST',
    path: 'factories/{factory}/notifications',
    roles: ['Factory.Notify'],
    usesDurableClient: true,
    handler: notifyFactory,
  },
  { name: 'putEnvironment', method: 'PUT', ...environment, role: provide, handler: putEnvironment },
  { name: 'putSetup', method: 'PUT', ...setup, ...acts, handler: putSetup },
  {
    name: 'regenerateRuntimeKey',
    method: 'POST',
    ...below('runtime/regenerateKey'),
    ...acts,
    handler: regenerateRuntimeKey,
  },
  { name: 'replaySetup', method: 'POST', ...below('replay'), ...acts, handler: replaySetup },
  { name: 'retryRun', method: 'POST', ...belowRun('retry'), ...acts, handler: retryRun },
  {
    name: 'summarizeTables',
    method: 'GET',
    ...below('tables/summary'),
    role: read,
    parameters: summaryParameters,
    handler: summarizeTables,
  },
  { name: 'stopReplay', method: 'POST', path: `${replay.path}/stop`, ...operate, handler: stopReplay },
];
