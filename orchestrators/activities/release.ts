import type { Implementation } from './implementation.ts';

export const releaseEnvironment: Implementation<'releaseEnvironment'> = async (input, { environments }, { head }) => {
  const { tenantId, setupId, attempt } = input;
  const { destination } = await head();
  await environments.release(tenantId, destination.environment, { setupId, attempt });
  return null;
};

export const holdsPassword: Implementation<'holdsPassword'> = async (_input, { secrets }, { head }) => {
  const { secretName } = await head();
  return { holds: (await secrets.get(secretName)) !== undefined };
};

export const removeSecret: Implementation<'removeSecret'> = async (_input, { secrets }, { head }) => {
  const { secretName } = await head();
  await secrets.delete(secretName);
  return null;
};
