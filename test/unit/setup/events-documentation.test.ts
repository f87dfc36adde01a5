import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventTypeOf } from '../../../shared/setup/states.ts';
import { announcedData, buildSetupEvent, setupEventSchema } from '../../../shared/setup/events.ts';
import { milestoneNames, milestones } from '../../../shared/setup/states.ts';
import type { MilestoneName } from '../../../shared/setup/states.ts';
import { milestone, newSetup } from '../../support/setup/stored-setup.ts';

const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
const sections = page.split(/^## /m).slice(1);
const titleOf = (section: string) => section.split('\n', 1)[0] ?? '';

function exampleOf(title: string): unknown {
  const section = sections.find((candidate) => titleOf(candidate) === title) ?? '';
  return JSON.parse(/```json\n(?<json>[^]*?)```/.exec(section)?.groups?.['json'] ?? 'null');
}

const announced = milestoneNames.filter((name) => eventTypeOf(name) !== undefined);

test('every type of event is described, in the order in which they come, and no other', () => {
  expect(sections.map(titleOf)).toEqual(['A whole event', ...new Set(announced.map(eventTypeOf))]);
});

test('the whole event is what the service would send', () => {
  const event = setupEventSchema.parse(exampleOf('A whole event'));
  const { tenantId, setupId, attempt } = event.data;
  const built = buildSetupEvent(
    event.source,
    { ...newSetup, tenantId, setupId, attempt, sequence: Number(event.sequence) - 1, phase: 'Inventory' },
    { name: 'inventoryCompleted', data: milestones.inventoryCompleted.data.parse(event.data) },
    new Date(event.time),
  );
  expect(event).toEqual(built);
});

test.each<MilestoneName>(announced)('the example of %s has the members that the service sends', (name) => {
  const example = z.looseObject({}).parse(exampleOf(eventTypeOf(name) ?? ''));
  expect(Object.keys(example)).toEqual(Object.keys(announcedData(milestone(name))));
});
