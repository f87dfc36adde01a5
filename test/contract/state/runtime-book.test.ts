import { beforeEach, expect, test } from 'vitest';
import { RuntimeBook } from '../../../shared/runtimes/runtime-book.ts';
import type { RuntimeRow } from '../../../shared/runtimes/runtime-book.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const runtime = 'shir-One';
const one = { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' };
const two = { ...one, name: 'factory-two' };

let book: RuntimeBook;

beforeEach(() => {
  book = new RuntimeBook(new TablesInMemory().client('runtimes'));
});

/** What the last user's leaving gives. @throws {Error} if the runtime is not to be removed */
async function leaveLast(setupId: string): Promise<RuntimeRow> {
  const row = await book.leave(tenant, runtime, setupId, true);
  if (row === undefined) throw new Error('It is to be removed');
  return row;
}

test('a runtime is known in any spelling of its name, to its tenant only', async () => {
  expect(await book.use(tenant, runtime, one, 'first-setup')).toBe('first');
  expect(await book.get(tenant, 'SHIR-one')).toMatchObject({ name: runtime, factory: one, users: ['first-setup'] });
  expect(await book.get('another', runtime)).toBeUndefined();
});

test('a runtime moves to another factory with its only user', async () => {
  await book.use(tenant, runtime, one, 'first-setup');
  expect(await book.use(tenant, runtime, two, 'first-setup')).toBe('known');
  expect(await book.use(tenant, runtime, one, 'second-setup')).toBe('refused');
  expect(await book.get(tenant, runtime)).toMatchObject({ factory: two, users: ['first-setup'] });
});

test('who does not use a runtime cannot leave it', async () => {
  expect(await book.leave(tenant, runtime, 'first-setup', true)).toBeUndefined();
  await book.use(tenant, runtime, one, 'first-setup');
  expect(await book.leave(tenant, runtime, 'second-setup', true)).toBeUndefined();
  expect(await book.get(tenant, runtime)).toMatchObject({ users: ['first-setup'], removing: false });
});

test('a runtime stays for others, or if it is to stay', async () => {
  await book.use(tenant, runtime, one, 'first-setup');
  await book.use(tenant, runtime, one, 'second-setup');
  expect(await book.leave(tenant, runtime, 'first-setup', true)).toBeUndefined();
  expect(await book.leave(tenant, runtime, 'second-setup', false)).toBeUndefined();
  expect(await book.get(tenant, runtime)).toMatchObject({ users: [], removing: false });
});

test('nobody begins to use a runtime that is being removed', async () => {
  await book.use(tenant, runtime, one, 'first-setup');
  await leaveLast('first-setup');
  expect(await book.use(tenant, runtime, one, 'second-setup')).toBe('refused');
});

test('a removal that died is done again, and its runtime is forgotten once', async () => {
  await book.use(tenant, runtime, one, 'first-setup');
  const died = await leaveLast('first-setup');
  const again = await leaveLast('first-setup');
  await book.forget(tenant, died);
  expect(await book.get(tenant, runtime)).toEqual(again);
  await book.forget(tenant, again);
  expect(await book.get(tenant, runtime)).toBeUndefined();
});

test('the runtimes of a setup are found among those of its tenant', async () => {
  await book.use(tenant, 'shir-Two', two, 'first-setup');
  await book.use(tenant, runtime, one, 'first-setup');
  await book.use(tenant, runtime, one, 'second-setup');
  await book.use(tenant, 'shir-three', one, 'second-setup');
  await book.use('another', 'shir-four', one, 'first-setup');
  expect((await book.usedBy(tenant, 'first-setup')).toSorted()).toEqual(['shir-One', 'shir-Two']);
});
