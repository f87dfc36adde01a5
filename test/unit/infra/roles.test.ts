import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { infraJson } from '../../support/infra/infra-files.ts';
import { tableOf } from '../../support/docs/table.ts';

const sectionSchema = z.strictObject({
  on: z.string(),
  roles: z.array(z.strictObject({ name: z.string(), id: z.guid() })).min(1),
});
const sections = z.record(z.string(), sectionSchema).parse(infraJson('roles.json'));
const factoryRole = z.object({ name: z.string() }).parse(infraJson('factory-role.json'));

test('the table in docs/security.md is what a deployment assigns', () => {
  const rows = Object.values(sections).map(({ on, roles }) => ['App', on, roles.map(({ name }) => name).join(', ')]);
  const table = tableOf(
    ['Identity', 'On', 'Roles'],
    [['App', 'Each data factory', `${factoryRole.name} (\`infra/factory-role.json\`)`], ...rows],
  );
  const security = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
  expect(security).toContain(`\n\n${table}\n\n`);
});
