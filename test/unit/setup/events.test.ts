import { describe, expect, test } from 'vitest';
import { eventTypeOf } from '../../../shared/setup/states.ts';
import { announcementOf, buildSetupEvent, setupEventSchema } from '../../../shared/setup/events.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { milestoneNames } from '../../../shared/setup/states.ts';
import type { Milestone } from '../../../shared/setup/states.ts';
import { milestone as milestoneOf, newSetup } from '../../support/setup/stored-setup.ts';

const setup = { ...newSetup, attempt: 2, sequence: 6, phase: 'Inventory' } as const;
const source = 'https://migration.example.com/setups';
const at = new Date('2026-11-24T10:00:00.000Z');
const inventory: Milestone = { name: 'inventoryCompleted', data: { companies: 3, extensions: 12 } };

function build(milestone: Milestone, before: Partial<Pick<SetupRecord, 'tenantId' | 'sequence' | 'phase'>> = {}) {
  const told = { ...setup, ...before };
  const announcement = announcementOf(told, milestone);
  return announcement === undefined ? undefined : buildSetupEvent(source, told, announcement, at);
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
      'canceled',
      'deleted',
    ].map((name) => `com.bcmigration.setup.${name}.v1`),
  );
});

test('checks have completed, whether one blocks or not', () => {
  expect(eventTypeOf('checksFailed')).toBe(eventTypeOf('checksCompleted'));
});

test.each<Milestone>([
  { name: 'runtimeNotNeeded', data: { reason: 'Azure SQL' } },
  { name: 'environmentMarked', data: { environment: 'Production' } },
  { name: 'cancelRequested', data: {} },
  { name: 'deleteRequested', data: { removeRuntime: false, removeSource: false } },
])('nothing announces $name', (milestone) => {
  expect(build(milestone)).toBeUndefined();
});

describe('an event', () => {
  test('belongs to the trace of its change, if there is one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const announcement = announcementOf(setup, inventory);
    const event = announcement && buildSetupEvent(source, setup, announcement, at, traceparent);
    expect(event).toMatchObject({ traceparent });
    expect(build(inventory)).not.toHaveProperty('traceparent');
  });

  test('says who, what, when, in which state, and the data of the milestone', () => {
    expect(build(inventory)).toEqual({
      specversion: '1.0',
      id: `${setup.tenantId}.first-setup:2:7`,
      source,
      type: 'com.bcmigration.setup.inventory-completed.v1',
      subject: `tenants/${setup.tenantId}/migrationSetups/first-setup`,
      time: '2026-11-24T10:00:00.000Z',
      datacontenttype: 'application/json',
      sequence: '0000000007',
      correlationid: `${setup.tenantId}.first-setup.2`,
      data: {
        tenantId: setup.tenantId,
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
    const selected = build(milestoneOf('factorySelected'));
    expect(selected?.data).toMatchObject({ factory: { name: 'factory-1' } });
    expect(JSON.stringify(selected)).not.toMatch(/subscription|resourceGroup|candidates/);
  });

  test('has the same id whenever it is built again', () => {
    expect(build(inventory)?.id).toBe(build(inventory)?.id);
  });

  test('of the same setup id in another tenant has another id', () => {
    const other = { tenantId: '22222222-2222-4222-8222-222222222222' };
    expect(build(inventory, other)?.id).not.toBe(build(inventory)?.id);
  });

  test('fits the schema by which it is read back', () => {
    expect(setupEventSchema.parse(build(inventory))).toEqual(build(inventory));
  });

  test('sorts as text in the order of its number', () => {
    const sequences = [0, 1, 8, 9, 98, 99, 999].map((number) => build(inventory, { sequence: number })?.sequence ?? '');
    expect(sequences.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sequences);
  });

  test('of a failure names the phase that was under way', () => {
    const failure = { code: '50001', cause: 'measured 120', remedy: 'ALTER DATABASE' };
    const failed: Milestone = { name: 'failed', data: { failure, removed: [], left: [] } };
    const event = build(failed, { phase: 'Assessment' });
    expect(event?.data).toMatchObject({ state: 'Failed', phase: 'Assessment', failure });
  });

  test('takes no attribute name that CloudEvents does not allow', () => {
    const names = Object.keys(build(inventory) ?? {});
    expect(names.filter((name) => !/^[a-z0-9]{1,20}$/.test(name))).toEqual([]);
  });
});
