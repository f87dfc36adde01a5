import type { DataFactories } from '../../shared/factory/data-factory.ts';
import { entityNames } from '../../shared/factory/names.ts';
import type { Factory } from '../../shared/setup/setup.ts';
import type { Implementation } from './implementation.ts';

/** Written on each runtime: a tenant may reuse its own runtimes and nobody else's. */
function ownerOf(tenantId: string): string {
  return `Cloud migration of tenant ${tenantId}`;
}

export const ensureRuntime: Implementation<'ensureRuntime'> = async (input, { factories }) => {
  const { tenantId, key, factory } = input;
  const runtimeName = input.runtimeName ?? entityNames(key).runtime;
  const runtime = await factories.runtime(factory, runtimeName);
  if (runtime !== undefined && runtime.selfHosted && runtime.description === ownerOf(tenantId)) {
    return { kind: 'present', runtimeName, created: false };
  }
  if (runtime !== undefined || input.runtimeName !== undefined) {
    return { kind: 'refused', cause: `${runtimeName} is not a self-hosted runtime of this tenant.` };
  }
  await factories.createRuntime(factory, runtimeName, ownerOf(tenantId));
  return { kind: 'present', runtimeName, created: true };
};

export const getRuntimeStatus: Implementation<'getRuntimeStatus'> = ({ factory, runtimeName }, { factories }) =>
  statusOf(factory, runtimeName, factories);

/** Whether a node is there to work, and which. */
export async function statusOf(factory: Factory, runtimeName: string, factories: DataFactories) {
  const { state, nodes } = await factories.runtimeStatus(factory, runtimeName);
  const working = nodes.filter(({ status }) => status === 'Online');
  return {
    online: ['Online', 'Limited'].includes(state) && working.length > 0,
    nodes: working.map(({ name, version }) => ({ name, version })),
  };
}
