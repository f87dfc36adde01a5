import { expect, test } from 'vitest';
import { instanceIdOf, setupIdSchema, wantedDestinationSchema } from '../../../shared/setup/setup.ts';

test('instance ids of different attempts differ', () => {
  const attempt = { tenantId: 't', setupId: 'first-setup', attempt: 1 };
  expect(instanceIdOf(attempt)).toBe('t.first-setup.1');
  expect(instanceIdOf({ ...attempt, attempt: 2 })).not.toBe(instanceIdOf(attempt));
});

test.each(['abc', 'a-1', '0a0', `a${'b'.repeat(61)}c`])('%s is a setup id', (id) => {
  expect(setupIdSchema.safeParse(id).success).toBe(true);
});

test.each(['ab', 'Abc', '-ab', 'ab-', 'a_b', 'a|b', 'a.b', '', `a${'b'.repeat(62)}c`])('"%s" is no setup id', (id) => {
  expect(setupIdSchema.safeParse(id).success).toBe(false);
});

test.each([
  ['Production', true],
  ['Sandbox 2', true],
  ['a', true],
  [' Production', false],
  ['Production/1', false],
  ['a'.repeat(31), false],
])('environment "%s": %s', (environment, valid) => {
  expect(wantedDestinationSchema.safeParse({ environment }).success).toBe(valid);
});
