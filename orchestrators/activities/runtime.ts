import { entityNames } from '../../shared/factory/names.ts';
import type { Implementation } from './implementation.ts';

/** Written on each runtime: a tenant may reuse its own runtimes and nobody else's. */
function ownerOf(tenantId: string): string {
  return `Cloud migration of tenant ${tenantId}`;
}

export const findRuntime: Implementation<'findRuntime'> = async ({ tenantId, runtimeName }, { runtimes }) => {
  const runtime = await runtimes.get(tenantId, runtimeName);
  return runtime === undefined || runtime.removing ? {} : { factory: runtime.factory };
};

export const ensureRuntime: Implementation<'ensureRuntime'> = async (input, { factories, runtimes }) => {
  const { tenantId, setupId, key, factory } = input;
  const runtimeName = input.runtimeName ?? entityNames(key).runtime;
  // The row first: a row without a runtime is harmless, a runtime without a row would be nobody's.
  const isOurs = await runtimes.use(tenantId, runtimeName, factory, setupId);
  if (!isOurs) return { kind: 'refused', cause: `${runtimeName} is being removed, or is used in another factory.` };
  const runtime = await factories.runtime(factory, runtimeName);
  if (runtime === undefined && input.runtimeName !== undefined) {
    const unused = await runtimes.leave(tenantId, runtimeName, setupId, true);
    if (unused !== undefined) await runtimes.forget(tenantId, unused);
    return { kind: 'refused', cause: `${runtimeName} is not in its factory any more.` };
  }
  if (runtime === undefined) {
    await factories.createRuntime(factory, runtimeName, ownerOf(tenantId));
    return { kind: 'present', runtimeName, created: true };
  }
  if (runtime.selfHosted && runtime.description === ownerOf(tenantId)) {
    return { kind: 'present', runtimeName, created: false };
  }
  return { kind: 'refused', cause: `${runtimeName} is not a self-hosted runtime of this tenant.` };
};

export const leaveRuntime: Implementation<'leaveRuntime'> = async (input, { factories, runtimes }) => {
  const { tenantId, setupId, runtimeName, remove } = input;
  const unused = await runtimes.leave(tenantId, runtimeName, setupId, remove);
  if (unused === undefined) return { removed: [] };
  await factories.deleteRuntime(unused.factory, runtimeName);
  await runtimes.forget(tenantId, unused);
  return { removed: [runtimeName] };
};

export const getRuntimeStatus: Implementation<'getRuntimeStatus'> = async ({ factory, runtimeName }, { factories }) => {
  const { online, nodes } = await factories.runtimeStatus(factory, runtimeName);
  return { online, nodes: [...nodes] };
};
