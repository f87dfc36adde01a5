/** The API on one screen. `docs/openapi.json` describes it. */
import { getHealth } from './health/get-health.ts';
import { getOperation } from './operations/get-operation.ts';
import { getSetup } from './setups/get-setup.ts';
import type { Route } from './http/adapter.ts';
import { listChecks } from './setups/list-checks.ts';
import { listCompanies } from './setups/list-companies.ts';
import { listExtensions } from './setups/list-extensions.ts';
import { listRuntimeKeys } from './setups/list-runtime-keys.ts';
import { putSetup } from './setups/put-setup.ts';

const setup = 'migrationSetups/{setupId}';
const read = 'Setup.Read';
const write = 'Setup.Write';

/** No two of one method overlap. A route without a role is open to everybody. */
export const routes: readonly Route[] = [
  { name: 'getHealth', method: 'GET', path: 'health', role: undefined, handler: getHealth },
  { name: 'getOperation', method: 'GET', path: 'operations/{operationId}', role: read, handler: getOperation },
  { name: 'getSetup', method: 'GET', path: setup, role: read, handler: getSetup },
  { name: 'listChecks', method: 'GET', path: `${setup}/checks`, role: read, handler: listChecks },
  { name: 'listCompanies', method: 'GET', path: `${setup}/companies`, role: read, handler: listCompanies },
  { name: 'listExtensions', method: 'GET', path: `${setup}/extensions`, role: read, handler: listExtensions },
  { name: 'listRuntimeKeys', method: 'POST', path: `${setup}/runtime/listKeys`, role: write, handler: listRuntimeKeys },
  { name: 'putSetup', method: 'PUT', path: setup, role: write, handler: putSetup, startsOrchestrations: true },
];
