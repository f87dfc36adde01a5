import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bicepFiles, infraJson } from '../../support/infra/infra-files.ts';
import { tableOf } from '../../support/docs/table.ts';

const sectionSchema = z.strictObject({
  on: z.string(),
  roles: z.array(z.strictObject({ name: z.string(), id: z.guid() })).min(1),
});
const sections = z.record(z.string(), sectionSchema).parse(infraJson('roles.json'));
const factoryRole = z.object({ name: z.string() }).parse(infraJson('factory-role.json'));
const files = [...bicepFiles()];

test('the table in docs/security.md is what a deployment assigns', () => {
  const rows = Object.values(sections).map(({ on, roles }) => ['App', on, roles.map(({ name }) => name).join(', ')]);
  const table = tableOf(
    ['Identity', 'On', 'Roles'],
    [['App', 'Each data factory', `${factoryRole.name} (\`infra/factory-role.json\`)`], ...rows],
  );
  const security = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
  expect(security).toContain(`\n\n${table}\n\n`);
});

test('every section of roles.json is assigned where it says', () => {
  const modules = files.flatMap(([, text]) => text.split(/^module /m).slice(1));
  const assigned = modules.flatMap((text) => {
    const section = /\broles: roles\.(\w+)\.roles\b/.exec(text)?.[1];
    return section === undefined ? [] : [[section, /^\w+/.exec(text)?.[0] ?? ''] as const];
  });
  expect(Object.fromEntries(assigned)).toEqual({
    applicationInsights: 'monitoring',
    eventTopic: 'serviceBus',
    hostStorage: 'hostStorage',
    keyVault: 'keyVault',
    stagingStorage: 'stagingStorage',
    stateStorage: 'stateStorage',
  });
  expect(assigned.map(([section]) => section).toSorted()).toEqual(Object.keys(sections).toSorted());
});

test('no template assigns a role of its own', () => {
  const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
  const nobody = '00000000-0000-0000-0000-000000000000';
  for (const [file, text] of files) {
    expect(
      (text.match(guid) ?? []).filter((found) => found !== nobody),
      file,
    ).toEqual([]);
  }
});

test('a role is given on one resource, never on a group or a subscription', () => {
  const scopes = files.flatMap(([, text]) =>
    [...text.matchAll(/Microsoft\.Authorization\/roleAssignments@[^{]*\{[^{]*?scope: (\w+)/g)].map(
      ([, scope]) => scope,
    ),
  );
  const assignments = files.flatMap(([, text]) => text.match(/Microsoft\.Authorization\/roleAssignments@/g) ?? []);
  expect(scopes).toHaveLength(assignments.length);
  expect(new Set(scopes)).toEqual(new Set(['account', 'applicationInsights', 'events', 'factory', 'vault']));
});
