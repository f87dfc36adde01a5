import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import host from '../../../host.json' with { type: 'json' };

/** The values of an object, each under the names that lead to it. */
function membersOf(value: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    typeof member === 'object' && member !== null
      ? membersOf(member, [...path, name])
      : [[[...path, name].join('.'), String(member)] satisfies [string, string]],
  );
}

test('docs/operations.md gives a reason for each value of host.json, and for no other', () => {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const [, section = ''] = text.split('## host.json, value by value');
  const rows = [...section.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| \S/gm)].map(([, member, value]) => [
    member,
    value,
  ]);
  expect(rows).toEqual(membersOf(host));
});
