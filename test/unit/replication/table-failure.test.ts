import { expect, test } from 'vitest';
import { tableFailure } from '../../../shared/replication/table-failure.ts';

test.each([
  ['Error 2601 in Customer: Cannot insert duplicate key row', /key occurs twice/],
  ['Error 208 in Customer: Invalid object name', /Create the company/],
  ['Error 4711 in Customer: something new', /Mend what the cause names/],
  ['The Self-hosted Integration Runtime is offline', /Mend what the cause names/],
])('of "%s" the remedy is its own, or the general one', (cause, remedy) => {
  expect(tableFailure(cause)).toEqual({ cause, remedy: expect.stringMatching(remedy) as string });
});

test('a cause that quotes a password is shown without it', () => {
  expect(tableFailure('Cannot connect with Password=hunter2;Database=BC').cause).not.toContain('hunter2');
});
