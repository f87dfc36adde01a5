import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { audited } from '../http/audit.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';
import { readJsonBody } from '../http/json-body.ts';
import { nudge } from './nudge.ts';
import { findRuntime, runtimeNotCreated } from './setup-runtime.ts';

const bodySchema = z.strictObject({ keyName: z.enum(['authKey1', 'authKey2']) });

/**
 * `POST …/migrationSetups/{setupId}/runtime/regenerateKey`: replaces one key of the runtime and gives both, as `listKeys`
 * does. The old one registers no node any more; nodes that are registered stay so.
 */
export async function regenerateRuntimeKey(call: TenantCall): Promise<HttpResponseInit> {
  const { request, services } = call;
  const setup = await findSetup(call);
  const { keyName } = await readJsonBody(request, bodySchema);
  const { factory, runtimeName } = await findRuntime(services, setup);
  const keys = await audited(call, setup, 'regenerateRuntimeKey', async () => {
    const both = await services.factories.regenerateRuntimeKey(factory, runtimeName, keyName);
    if (both === undefined) throw runtimeNotCreated(setup);
    return both;
  });
  await nudge(call, setup);
  return { status: 200, headers: { 'cache-control': 'no-store' }, jsonBody: { name: runtimeName, ...keys } };
}
