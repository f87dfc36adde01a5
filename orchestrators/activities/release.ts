import type { Implementation } from './implementation.ts';

export const releaseEnvironment: Implementation<'releaseEnvironment'> = async (input, { store, environments }) => {
  const { tenantId, setupId, attempt } = input;
  const { destination } = await store.require(input);
  await environments.release(tenantId, destination.environment, { setupId, attempt });
  return null;
};

export const holdsPassword: Implementation<'holdsPassword'> = async (input, { store, secrets }) => {
  const { secretName } = await store.require(input);
  return { holds: (await secrets.get(secretName)) !== undefined };
};

export const removeSecret: Implementation<'removeSecret'> = async (input, { store, secrets }) => {
  const { secretName } = await store.require(input);
  await secrets.delete(secretName);
  return null;
};
