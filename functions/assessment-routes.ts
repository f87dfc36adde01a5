/** The part of the API that is about assessments. */
import type { Route } from './http/adapter.ts';
import { cancelSetup } from './setups/cancel-setup.ts';
import { checkRuntime } from './setups/check-runtime.ts';
import { deleteSetup } from './setups/delete-setup.ts';
import { diffAttempts, diffParameters } from './setups/diff-attempts.ts';
import { attemptParameters } from './setups/find-attempt.ts';
import { getFailure } from './setups/get-failure.ts';
import { getSetup } from './setups/get-setup.ts';
import { listAttempts } from './setups/list-attempts.ts';
import { listChecks } from './setups/list-checks.ts';
import { companyParameters, listCompanies } from './setups/list-companies.ts';
import { listRuntimeKeys } from './setups/list-runtime-keys.ts';
import { listAssessments, listParameters } from './setups/list-setups.ts';
import { listTables, tableParameters } from './setups/list-tables.ts';
import { putSetup } from './setups/put-setup.ts';
import { regenerateRuntimeKey } from './setups/regenerate-runtime-key.ts';
import { replaySetup } from './setups/replay-setup.ts';
import { summarizeTables, summaryParameters } from './setups/summarize-tables.ts';

const assessments = { path: 'tenants/{tenantId}/assessments', missing: 'TenantNotFound' } as const;
const assessment = { path: `${assessments.path}/{assessmentId}`, missing: 'AssessmentNotFound' } as const;
const below = <Path extends string>(path: Path) => ({ ...assessment, path: `${assessment.path}/${path}` }) as const;

const read = 'Setup.Read';
const acts = { role: 'Setup.Write', usesDurableClient: true } as const;
const ofAttempt = { role: read, parameters: attemptParameters } as const;

/** An assessment is a setup that only looks, so that what is asked of it is answered as for one. */
export const assessmentRoutes: readonly Route[] = [
  { name: 'cancelAssessment', method: 'POST', ...below('cancel'), ...acts, handler: cancelSetup },
  {
    name: 'checkRuntimeOfAssessment',
    method: 'POST',
    ...below('runtime/check'),
    ...acts,
    handler: checkRuntime,
  },
  {
    name: 'deleteAssessment',
    method: 'DELETE',
    ...assessment,
    parameters: ['keepRuntime'],
    ...acts,
    handler: deleteSetup,
  },
  {
    name: 'diffAttemptsOfAssessment',
    method: 'GET',
    ...below('attempts/{attempt}/diff'),
    role: read,
    parameters: diffParameters,
    handler: diffAttempts,
  },
  { name: 'getAssessment', method: 'GET', ...assessment, role: read, handler: getSetup },
  {
    name: 'getFailureOfAssessment',
    method: 'GET',
    ...below('failure'),
    ...ofAttempt,
    role: 'Ops.Read',
    handler: getFailure,
  },
  {
    name: 'listAssessments',
    method: 'GET',
    ...assessments,
    role: read,
    parameters: listParameters,
    handler: listAssessments,
  },
  { name: 'listAttemptsOfAssessment', method: 'GET', ...below('attempts'), role: read, handler: listAttempts },
  {
    name: 'listChecksOfAssessment',
    method: 'GET',
    ...below('checks'),
    ...ofAttempt,
    handler: listChecks,
  },
  {
    name: 'listCompaniesOfAssessment',
    method: 'GET',
    ...below('companies'),
    role: read,
    parameters: companyParameters,
    handler: listCompanies,
  },
  {
    name: 'listRuntimeKeysOfAssessment',
    method: 'POST',
    ...below('runtime/listKeys'),
    ...acts,
    handler: listRuntimeKeys,
  },
  {
    name: 'listTablesOfAssessment',
    method: 'GET',
    ...below('tables'),
    role: read,
    parameters: tableParameters,
    handler: listTables,
  },
  { name: 'putAssessment', method: 'PUT', ...assessment, ...acts, handler: putSetup },
  {
    name: 'regenerateRuntimeKeyOfAssessment',
    method: 'POST',
    ...below('runtime/regenerateKey'),
    ...acts,
    handler: regenerateRuntimeKey,
  },
  { name: 'replayAssessment', method: 'POST', ...below('replay'), ...acts, handler: replaySetup },
  {
    name: 'summarizeTablesOfAssessment',
    method: 'GET',
    ...below('tables/summary'),
    role: read,
    parameters: summaryParameters,
    handler: summarizeTables,
  },
];
