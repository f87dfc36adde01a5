/** What milestones of an attempt recorded. Pure. */
import { milestones } from './states.ts';
import type { MilestoneData, MilestoneName } from './states.ts';

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
