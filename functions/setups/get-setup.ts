import type { HttpResponseInit } from '@azure/functions';
import { etagOf, isNotModified } from '../http/conditions.ts';
import { findSetup } from './find-setup.ts';
import type { TenantCall } from '../http/adapter.ts';
import { setupResource } from './setup-resource.ts';

/** `GET …/migrationSetups/{setupId}`: the setup, or 304 if the caller has it already. */
export async function getSetup(call: TenantCall): Promise<HttpResponseInit> {
  const setup = await findSetup(call);
  const resource = setupResource(call, setup, await call.services.store.milestonesOf(setup));
  const etag = etagOf(resource);
  if (isNotModified(call.request, etag)) return { status: 304, headers: { etag } };
  return { status: 200, headers: { etag }, jsonBody: resource };
}
