/** Setups that began to wait all day long, each of which was looked at whenever it was due. */
import { firstLook, nextLook } from '../../../shared/setup/due.ts';
import { headRow } from '../../../shared/setup/head.ts';
import { instanceIdOf } from '../../../shared/setup/setup.ts';
import type { StartRecorder } from '../api/http-services.ts';
import { TablesInMemory } from '../tables-in-memory/storage.ts';
import { newSetupTable } from './setup-table.ts';
import type { SetupTable } from './setup-table.ts';
import { course } from './stored-setup.ts';

export const ACTIVE_SETUPS = 10_000;
/** How often the timer runs. */
export const RUN_EVERY_MS = 30_000;
const DAY_MS = 24 * 3_600_000;

/** Brings tables, and what stands for the Durable extension, to the end of such a day. @param runs how many runs of the timer come */
export async function passADay(setups: SetupTable, durable: StartRecorder, runs: number): Promise<void> {
  const template = await newSetupTable(new TablesInMemory()).createAt(course.slice(0, 2));
  await setups.table.createTable();
  setups.passSeconds(DAY_MS / 1000);
  const end = setups.clock.now().getTime();
  for (let index = 0; index < ACTIVE_SETUPS; index += 1) {
    const changedAt = new Date(end - (index * DAY_MS) / ACTIVE_SETUPS);
    const setup = { ...template, setupId: `setup-${index}`, lastModifiedAt: changedAt.toISOString() };
    const due = dueAt(end, changedAt);
    await setups.active.hasten(setup, due);
    // Of the others nothing is to be read.
    if (due.getTime() > end + runs * RUN_EVERY_MS) continue;
    await setups.table.createEntity(headRow(setup));
    durable.statuses.set(instanceIdOf(setup), 'Running');
  }
}

/** When a setup is due that has not changed since, and was looked at in the first run after each time at which it was due. */
function dueAt(end: number, changedAt: Date): Date {
  let due = firstLook(changedAt);
  for (;;) {
    const run = Math.ceil(due.getTime() / RUN_EVERY_MS) * RUN_EVERY_MS;
    if (run >= end) return due;
    due = nextLook(new Date(run), changedAt);
  }
}
