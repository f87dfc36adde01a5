import { describe, expect, test } from 'vitest';
import { isOperator, reachOf, requireRole } from '../../../functions/http/roles.ts';
import type { Reach, Role } from '../../../functions/http/roles.ts';
import { objectId, tenantId } from '../../support/api/token-issuer.ts';

function caller(ofProvider: boolean, ...roles: string[]) {
  return { tenantId, ofProvider, objectId, roles };
}

describe('a role reaches', () => {
  test.each<[string, boolean, Role, Reach]>([
    ['Setup.Read', false, 'Setup.Read', 'ownTenant'],
    ['Setup.Read', true, 'Setup.Read', 'ownTenant'],
    ['Setup.Read.All', true, 'Setup.Read', 'everyTenant'],
    ['Setup.Write.All', true, 'Setup.Write', 'everyTenant'],
    ['Setup.Write', false, 'Setup.Read', 'nobody'],
    ['Setup.Write.All', true, 'Setup.Read', 'nobody'],
    ['Ops.Write', true, 'Ops.Write', 'everyTenant'],
    ['Ops.Write', true, 'Ops.Read', 'nobody'],
    // A customer's administrator can assign every role of the service within its tenant.
    ['Setup.Read.All', false, 'Setup.Read', 'nobody'],
    ['Setup.Write.All', false, 'Setup.Write', 'nobody'],
    ['Ops.Write', false, 'Ops.Write', 'nobody'],
  ])('%s, of the provider %s, as %s: %s', (given, ofProvider, asked, reach) => {
    expect(reachOf(caller(ofProvider, given), asked)).toBe(reach);
  });

  test('as far as the farthest of them', () => {
    expect(reachOf(caller(true, 'Setup.Read', 'Setup.Read.All'), 'Setup.Read')).toBe('everyTenant');
  });
});

test("operators are the provider's, with Ops.Read", () => {
  expect(isOperator(caller(true, 'Ops.Read'))).toBe(true);
  expect(isOperator(caller(false, 'Ops.Read'))).toBe(false);
  expect(isOperator(caller(true, 'Ops.Write', 'Setup.Read.All'))).toBe(false);
});

test.each<[Role, string]>([
  ['Setup.Write', 'Setup.Write or Setup.Write.All of'],
  ['Ops.Write', 'role Ops.Write of'],
])('a missing role %s is named', (role, name) => {
  expect(() => requireRole(caller(true, 'Setup.Read'), role)).toThrow(
    expect.objectContaining({ code: 'Forbidden', message: expect.stringContaining(name) as string }),
  );
});
