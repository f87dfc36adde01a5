import type { HttpResponseInit } from '@azure/functions';
import type { SetupRecord } from '../../shared/setup/store.ts';
import { auditEntry } from '../http/audit.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';
import { ApiError } from '../http/problem.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';

/**
 * `POST …/migrationSetups/{setupId}/runtime/listKeys`: the keys with which nodes register at the runtime. The only answer
 * of the API that holds a secret, and each one leaves an audit row.
 */
export async function listRuntimeKeys(call: TenantCall): Promise<HttpResponseInit> {
  const { services } = call;
  const setup = await findSetup(call);
  if (setup.request.source.kind === 'AzureSql') {
    throw new ApiError('RuntimeNotUsed', 'An Azure SQL source is reached without a self-hosted integration runtime.');
  }
  const reached = await services.store.milestonesOf(setup);
  const factory = dataOf(reached, 'factorySelected')?.factory;
  const runtime = dataOf(reached, 'runtimeCreated');
  if (factory === undefined || runtime === undefined) throw runtimeNotCreated(setup);

  const keys = await services.factories.runtimeKeys(factory, runtime.runtimeName);
  if (keys === undefined) throw runtimeNotCreated(setup);
  await services.store.audit(setup, auditEntry(call, 'listRuntimeKeys'));
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    jsonBody: { name: runtime.runtimeName, ...keys },
  };
}

function runtimeNotCreated({ state, phase }: SetupRecord): ApiError {
  return new ApiError('RuntimeNotCreated', `There is no runtime while the setup is ${state} in phase ${phase}.`);
}
