import { describe, expect, test } from 'vitest';
import { buildSetupEvent, setupEventSchema } from '../../../shared/setup/events.ts';
import { eventTypeOf, milestoneNames } from '../../../shared/setup/states.ts';
import type { Milestone } from '../../../shared/setup/states.ts';
import { milestone } from '../../support/setup/stored-setup.ts';

const attempt = { tenantId: '11111111-1111-4111-8111-111111111111', setupId: 'first-setup', attempt: 2 };
const source = 'https://migration.example.com/setups';
const at = new Date('2026-11-24T10:00:00.000Z');
const inventory: Milestone = { name: 'inventoryCompleted', data: { companies: 3, extensions: 12 } };

function build(reached: Milestone, sequence = 7) {
  return buildSetupEvent(source, attempt, 'Production', reached, sequence, 'Inventory', at);
}

test('the types are the published ones', () => {
  const types = milestoneNames.map(eventTypeOf).filter((type) => type !== undefined);
  expect([...new Set(types)]).toEqual(
    [
      'accepted',
      'factory-selected',
      'runtime-created',
      'runtime-online',
      'checks-completed',
      'procedures-created',
      'inventory-completed',
      'tables-planned',
      'replication-pipeline-created',
      'cleanup-completed',
      'ready',
      'failed',
    ].map((name) => `com.bcmigration.setup.${name}.v1`),
  );
});

test('checks have completed, whether one blocks or not', () => {
  expect(eventTypeOf('checksFailed')).toBe(eventTypeOf('checksCompleted'));
});

test.each<Milestone>([
  { name: 'runtimeNotNeeded', data: { reason: 'Azure SQL' } },
  { name: 'environmentMarked', data: { environment: 'Production' } },
])('nothing announces $name', (unannounced) => {
  expect(build(unannounced)).toBeUndefined();
});

describe('an event', () => {
  test('says who, what, when, in which state, and the data of the milestone', () => {
    expect(build(inventory)).toEqual({
      specversion: '1.0',
      id: `${attempt.tenantId}.first-setup:2:7`,
      source,
      type: 'com.bcmigration.setup.inventory-completed.v1',
      subject: `tenants/${attempt.tenantId}/migrationSetups/first-setup`,
      time: '2026-11-24T10:00:00.000Z',
      datacontenttype: 'application/json',
      sequence: '0000000007',
      correlationid: `${attempt.tenantId}.first-setup.2`,
      data: {
        tenantId: attempt.tenantId,
        setupId: 'first-setup',
        attempt: 2,
        environment: 'Production',
        state: 'Running',
        phase: 'Inventory',
        companies: 3,
        extensions: 12,
      },
    });
  });

  test('names the factory, and holds nothing else of any', () => {
    const selected = milestone('factorySelected');
    const { factory } = (build(selected)?.data ?? {}) as { factory?: object };
    expect(factory).toEqual({ name: 'factory-1' });
    expect(JSON.stringify(build(selected))).not.toMatch(/subscription|resourceGroup|candidates/);
  });

  test('has the same id whenever it is built again', () => {
    expect(build(inventory)?.id).toBe(build(inventory)?.id);
  });

  test('of the same setup id in another tenant has another id', () => {
    const other = { ...attempt, tenantId: '22222222-2222-4222-8222-222222222222' };
    expect(buildSetupEvent(source, other, 'Production', inventory, 7, 'Inventory', at)?.id).not.toBe(
      build(inventory)?.id,
    );
  });

  test('fits the schema by which it is read back', () => {
    expect(setupEventSchema.parse(build(inventory))).toEqual(build(inventory));
  });

  test('sorts as text in the order of its number', () => {
    const sequences = [1, 2, 9, 10, 99, 100, 1_000].map((number) => build(inventory, number)?.sequence ?? '');
    expect(sequences.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sequences);
  });

  test('of a failure names the phase that was under way', () => {
    const failure = { code: '50001', cause: 'measured 120', remedy: 'ALTER DATABASE' };
    const event = buildSetupEvent(
      source,
      attempt,
      'Production',
      { name: 'failed', data: { failure, removed: [], left: [] } },
      8,
      'Assessment',
      at,
    );
    expect(event?.data).toMatchObject({ state: 'Failed', phase: 'Assessment', failure });
  });

  test('takes no attribute name that CloudEvents does not allow', () => {
    const names = Object.keys(build(inventory) ?? {});
    expect(names.filter((name) => !/^[a-z0-9]{1,20}$/.test(name))).toEqual([]);
  });
});
