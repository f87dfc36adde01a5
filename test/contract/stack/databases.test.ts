import { expect, test } from 'vitest';
import { createCertificateAuthority } from '../../../local/stack/certificates.ts';
import { startDatabases } from '../../../local/stack/databases.ts';

test('other parts of the stack go on while samples are loaded', async () => {
  const tls = await (await createCertificateAuthority()).issue();
  const begin = performance.now();
  let lastTurn = begin;
  let turn: NodeJS.Immediate;
  const note = (): void => {
    lastTurn = performance.now();
    turn = setImmediate(note);
  };
  turn = setImmediate(note);
  const verifyToken = () => Promise.reject(new Error('nobody signs in'));
  const databases = await startDatabases({ tls, verifyToken, samples: ['SqlServer'], log: () => undefined });
  clearImmediate(turn);
  const end = performance.now();
  await databases.stop();
  // Loading takes most of the time.
  expect(end - lastTurn).toBeLessThan((end - begin) / 4);
});
