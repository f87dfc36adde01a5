import { expect, test } from 'vitest';
import { z } from 'zod';
import { entityNames } from '../../../shared/factory/names.ts';
import { replicatePipeline } from '../../../shared/factory/pipelines.ts';

const key = '0123456789ab';
const context = { key, names: entityNames(key), sourceKind: 'SqlServer' } as const;
const notification = {
  apiUrl: 'https://migration.example.com/api',
  apiVersion: '2026-11-01',
  resource: 'api://migration',
  factory: 'factory-one',
  tenantId: '11111111-1111-4111-8111-111111111111',
  setupId: 'first-setup',
};
const activitiesSchema = z.array(z.looseObject({ name: z.string() }));

function activitiesOf(changes: object) {
  return activitiesSchema.parse(replicatePipeline({ ...context, ...changes }).properties['activities']);
}

test('a replication that fails at any of its steps says why at its end', () => {
  const end = JSON.stringify(activitiesOf({ notification }).find(({ name }) => name === 'End'));
  for (const step of ['BeginReplication', 'SourcePlan', 'SetVersion', 'EndReplication', 'Summary', 'AnyFailure']) {
    expect(end).toContain(`activity('${step}')?.error?.message`);
  }
});

test('a pipeline that nobody is told of has no end of its own', () => {
  const names = activitiesOf({}).map(({ name }) => name);
  expect(names).toContain('AnyFailure');
  expect(names).not.toContain('Notify');
  expect(names).not.toContain('End');
});
