import { entityNames } from '../../shared/factory/names.ts';
import { failureOfRuntime, mayComeFromRuntime } from '../../shared/runtimes/runtime-failure.ts';
import type { Services } from '../../shared/services.ts';
import { isBefore } from '../../shared/setup/states.ts';
import { ask } from '../../shared/waits/look.ts';
import type { Placed } from '../subjects.ts';
import type { Implementation } from './implementation.ts';
import { reach } from './setup-record.ts';
import { openWait } from './waits.ts';

/** Written on each runtime: a tenant may reuse its own runtimes and nobody else's. */
function ownerOf(tenantId: string): string {
  return `Cloud migration of tenant ${tenantId}`;
}

export const findRuntime: Implementation<'findRuntime'> = async ({ tenantId, runtimeName }, { runtimes }) => {
  const runtime = await runtimes.get(tenantId, runtimeName);
  return runtime === undefined || runtime.removing ? {} : { factory: runtime.factory };
};

export const explainFailure: Implementation<'explainFailure'> = async (
  { factory, runtimeName: name, failure },
  { factories },
) => {
  if (!mayComeFromRuntime(failure)) return { explained: failure };
  try {
    const [{ versionStatus }, load] = await Promise.all([
      factories.runtimeStatus(factory, name),
      factories.runtimeLoad(factory, name),
    ]);
    return { explained: failureOfRuntime(failure, { name, versionStatus, load }) };
  } catch {
    // The attempt has failed: that is not to be held up by a factory that cannot say more about it.
    return { explained: failure };
  }
};

export const ensureRuntime: Implementation<'ensureRuntime'> = async (input, services, { head }) => {
  const { instanceId, ...placed } = input;
  const runtime = await makeRuntime(placed, services);
  if (runtime.kind === 'refused') return runtime;
  const { runtimeName, created } = runtime;
  const target = { kind: 'runtime', factory: placed.factory, runtimeName } as const;
  const setup = await head();
  if (isBefore('RuntimeRegistration', setup.from)) {
    const answer = await ask(services.factories, target);
    return answer === undefined ? { kind: 'offline' } : { kind: 'present', runtimeName, answer };
  }
  const reached = await reach(placed, { name: 'runtimeCreated', data: { runtimeName, created } }, services, setup);
  if ('stopped' in reached) return reached;
  // One that was just made has no node.
  const opened = await openWait(services, reached, { eventName: 'runtime', instanceId, target }, !created);
  return { kind: 'present', runtimeName, ...opened };
};

type Made =
  | { readonly kind: 'present'; readonly runtimeName: string; readonly created: boolean }
  | { readonly kind: 'refused'; readonly cause: string };

async function makeRuntime(
  { tenantId, setupId, key, factory, runtimeName: reused }: Placed & { readonly runtimeName?: string | undefined },
  { factories, runtimes }: Services,
): Promise<Made> {
  const runtimeName = reused ?? entityNames(key).runtime;
  // The row first: a row without a runtime is harmless, a runtime without a row would be nobody's.
  const use = await runtimes.use(tenantId, runtimeName, factory, setupId);
  if (use === 'refused') {
    return { kind: 'refused', cause: `${runtimeName} is being removed, or is used in another factory.` };
  }
  // The row outlives the runtime: without one there is no runtime of that name either.
  const isNew = use === 'first' && reused === undefined;
  const runtime = isNew ? undefined : await factories.runtime(factory, runtimeName);
  if (runtime === undefined && reused !== undefined) {
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
}

export const leaveRuntime: Implementation<'leaveRuntime'> = async (input, { factories, runtimes }) => {
  const { tenantId, setupId, runtimeName, remove } = input;
  const unused = await runtimes.leave(tenantId, runtimeName, setupId, remove);
  if (unused === undefined) return { removed: [] };
  await factories.deleteRuntime(unused.factory, runtimeName);
  await runtimes.forget(tenantId, unused);
  return { removed: [runtimeName] };
};
