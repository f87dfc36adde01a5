import { childrenOf, endInstance } from '../../shared/setup/start.ts';
import { instanceIdOf } from '../../shared/setup/setup.ts';
import type { Implementation } from './implementation.ts';

export const endInstances: Implementation<'endInstances'> = async (input, _services, { getClient }) => {
  const instance = instanceIdOf(input);
  const client = getClient();
  // The caller first, so that it starts no other child meanwhile: the end of a caller does not reach its children.
  for (const id of [instance, ...childrenOf(instance)]) await endInstance(client, id);
  return null;
};
