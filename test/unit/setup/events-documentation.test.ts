import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventTypeOf } from '../../../shared/setup/states.ts';
import { announcedData, announcementOf, buildSetupEvent, setupEventSchema } from '../../../shared/setup/events.ts';
import { milestoneNames, milestones } from '../../../shared/setup/states.ts';
import type { MilestoneName } from '../../../shared/setup/states.ts';
import { quotaEvent, quotasOf } from '../../../shared/factory/quotas.ts';
import { endedAnnouncement, startedAnnouncement } from '../../../shared/replication/run-events.ts';
import type { ReplicationRun } from '../../../shared/replication/run.ts';
import { setupFailure } from '../../../shared/setup/failure.ts';
import { milestone, newSetup } from '../../support/setup/stored-setup.ts';

const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
const sections = page.split(/^## /m).slice(1);
const titleOf = (section: string) => section.split('\n', 1)[0] ?? '';

function exampleOf(title: string): unknown {
  const section = sections.find((candidate) => titleOf(candidate) === title) ?? '';
  return JSON.parse(/```json\n(?<json>[^]*?)```/.exec(section)?.groups?.['json'] ?? 'null');
}

const ready = { state: 'Ready', phase: 'Cleanup' } as const;
const run: ReplicationRun = {
  number: 2,
  attempt: 1,
  mode: 'full',
  retryOf: 1,
  state: 'Running',
  actor: 'somebody',
  createdAt: '2026-11-24T10:00:00.000Z',
  historyPurged: false,
};
const counts = { tables: 2, succeededTables: 1, failedTables: 1, rows: 3 };
const replicationAnnouncements = [
  startedAnnouncement(ready, run, counts.tables),
  endedAnnouncement(ready, run, { state: 'Succeeded', counts }),
  endedAnnouncement(ready, run, { state: 'Failed', counts, failure: setupFailure('TablesFailed', 'One.') }),
  endedAnnouncement(ready, run, { state: 'Canceled', counts }),
];

/** A factory of which four fifths are used. */
function nearlyReached() {
  const counted = { entities: 4_000, activeRuns: 0, reservations: 0, silence: undefined };
  const factory = { subscriptionId: 'any', resourceGroup: 'any', name: 'factory-1', region: 'westeurope' };
  const known = { factory, ...counted, measuredAt: new Date('2026-11-24T10:00:00.000Z') };
  return quotaEvent('https://migration-setup.azurewebsites.net', known, 'entities', quotasOf(known).entities, 1);
}

const announced = milestoneNames.filter((name) => eventTypeOf(name) !== undefined);

test('every type of event is described, in the order in which they come, and no other', () => {
  const replication = replicationAnnouncements.map(({ type }) => type);
  const setups = ['Subscribe', 'A whole event', ...new Set(announced.map(eventTypeOf)), ...replication];
  expect(sections.map(titleOf)).toEqual([...setups, nearlyReached().type]);
});

test('the whole event is what the service would send', () => {
  const event = setupEventSchema.parse(exampleOf('A whole event'));
  const { tenantId, setupId, attempt } = event.data;
  const setup = {
    ...newSetup,
    tenantId,
    setupId,
    attempt,
    sequence: Number(event.sequence) - 1,
    phase: 'Inventory',
  } as const;
  const data = milestones.inventoryCompleted.data.parse(event.data);
  const announcement = announcementOf(setup, { name: 'inventoryCompleted', data });
  const built = announcement && buildSetupEvent(event.source, setup, announcement, new Date(event.time));
  expect(event).toEqual(built);
});

test.each<MilestoneName>(announced)('the example of %s has the members that the service sends', (name) => {
  const example = z.looseObject({}).parse(exampleOf(eventTypeOf(name) ?? ''));
  expect(Object.keys(example)).toEqual(Object.keys(announcedData(milestone(name))));
});

test.each(replicationAnnouncements)('the example of $type has the members that the service sends', ({ type, data }) => {
  expect(Object.keys(z.looseObject({}).parse(exampleOf(type)))).toEqual(Object.keys(data));
});

test('the example of a limit that is nearly reached is what the service would send', () => {
  const event = nearlyReached();
  expect(exampleOf(event.type)).toEqual(event);
});
