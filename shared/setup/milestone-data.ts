/** What milestones of an attempt recorded. Pure. */
import { z } from 'zod';
import { decoded } from './rows.ts';
import { milestoneNames, milestones } from './states.ts';
import type { MilestoneData, MilestoneName } from './states.ts';

const milestoneRecordSchema = z.object({
  name: z.enum(milestoneNames),
  attempt: z.int(),
  /** The attempt that reached it; another one than `attempt` if that one took it over. */
  origin: z.int(),
  /** When the phase of the milestone began. */
  startedAt: z.iso.datetime(),
  at: z.iso.datetime(),
  data: z.unknown(),
});
/** A milestone that was reached. `data` has the shape that `milestones` gives for its name. */
export type MilestoneRecord = z.infer<typeof milestoneRecordSchema>;

/** Reads a milestone's row. @throws {z.ZodError} if it is none */
export function milestoneFromRow(row: object): MilestoneRecord {
  return milestoneRecordSchema.parse(decoded(row, ['data']));
}

/** Reads milestones of an attempt, and puts them into the order in which they were reached. */
export function milestonesFromRows(rows: readonly object[]): MilestoneRecord[] {
  return rows.map(milestoneFromRow).sort((a, b) => a.at.localeCompare(b.at) || order(a.name) - order(b.name));
}

function order(name: MilestoneName): number {
  return milestoneNames.indexOf(name);
}

interface Reached {
  readonly name: MilestoneName;
  readonly data?: unknown;
}

/** What a milestone recorded; undefined if it was not reached. */
export function dataOf<Name extends MilestoneName>(
  reached: readonly Reached[],
  name: Name,
): MilestoneData<Name> | undefined {
  const record = reached.find((candidate) => candidate.name === name);
  return record === undefined ? undefined : (milestones[name].data.parse(record.data) as MilestoneData<Name>);
}

/** What the checks came to, whether one blocks or not; undefined if they were not evaluated. */
export function checkCountsOf(reached: readonly Reached[]): MilestoneData<'checksCompleted'> | undefined {
  return dataOf(reached, 'checksCompleted') ?? dataOf(reached, 'checksFailed');
}

/** What the plan of the tables came to, or would come to as long as it is not made. */
export function tableCountsOf(reached: readonly Reached[]): MilestoneData<'tablesPlanned'> | undefined {
  return dataOf(reached, 'tablesPlanned') ?? checkCountsOf(reached)?.tables;
}
