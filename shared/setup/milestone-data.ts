/** What milestones of an attempt recorded: columns of the row of the attempt, so that all are read as one. Pure. */
import { z } from 'zod';
import { deletionMilestones, milestoneNames, milestones } from './states.ts';
import type { MilestoneData, MilestoneName } from './states.ts';

const nameSchema = z.enum(milestoneNames);
const columnSchema = z.object({
  /** The attempt that reached it; another one than `attempt` if that one took it over. */
  origin: z.int(),
  /** When the phase of the milestone began. */
  startedAt: z.iso.datetime(),
  at: z.iso.datetime(),
  data: z.unknown(),
});
/** A milestone that was reached. `data` has the shape that `milestones` gives for its name. */
export interface MilestoneRecord extends z.infer<typeof columnSchema> {
  readonly name: MilestoneName;
  readonly attempt: number;
}

/**
 * The column of a milestone in the row of its attempt. A row has room for 252, which is some 80 removals of one attempt.
 * https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model#property-limitations
 * @param deletion number of the deletion that the milestone belongs to, if it is one of a deletion
 */
export function milestoneColumn(name: MilestoneName, deletion = 0): string {
  return deletionMilestones.includes(name) ? `milestone_${name}_${deletion}` : `milestone_${name}`;
}

/** The columns of milestones that were reached. @param deletion as for `milestoneColumn` */
export function milestoneColumns(reached: readonly MilestoneRecord[], deletion?: number): Record<string, string> {
  return Object.fromEntries(
    reached.map(({ name, attempt: _attempt, ...record }) => [milestoneColumn(name, deletion), JSON.stringify(record)]),
  );
}

/** The columns of milestones that do not hold any more: a merge cannot remove a column. */
export function clearedColumns(names: readonly MilestoneName[]): Record<string, ''> {
  return Object.fromEntries(names.map((name) => [milestoneColumn(name), '']));
}

/** Reads the milestones in the row of an attempt, in the order in which they were reached. @throws {z.ZodError} */
export function milestonesFromRow(attempt: number, row: object): MilestoneRecord[] {
  const reached = Object.entries(row).flatMap(([column, text]) => {
    const { data: name } = nameSchema.safeParse(/^milestone_([A-Za-z]+)/.exec(column)?.[1]);
    // A name that is not known here is one of a newer version.
    if (name === undefined || typeof text !== 'string' || text === '') return [];
    return [{ name, attempt, ...columnSchema.parse(JSON.parse(text)) }];
  });
  return reached.sort((a, b) => a.at.localeCompare(b.at) || order(a.name) - order(b.name));
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
