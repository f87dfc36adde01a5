import type { HttpResponseInit } from '@azure/functions';
import type { TenantCall } from '../http/adapter.ts';
import { audited } from '../http/audit.ts';
import { findSetup } from './find-setup.ts';
import { nudge } from './nudge.ts';
import { findRuntime, runtimeNotCreated } from './setup-runtime.ts';

/**
 * `POST …/migrationSetups/{setupId}/runtime/listKeys`: the keys with which nodes register at the runtime. Each answer
 * leaves an audit row. Who asks is about to install a node, so that the setup looks for it soon.
 */
export async function listRuntimeKeys(call: TenantCall): Promise<HttpResponseInit> {
  const { services } = call;
  const setup = await findSetup(call);
  const { factory, runtimeName } = await findRuntime(services, setup);
  const keys = await audited(call, setup, 'listRuntimeKeys', async () => {
    const found = await services.factories.runtimeKeys(factory, runtimeName);
    if (found === undefined) throw runtimeNotCreated(setup);
    return found;
  });
  await nudge(call, setup);
  return { status: 200, headers: { 'cache-control': 'no-store' }, jsonBody: { name: runtimeName, ...keys } };
}
