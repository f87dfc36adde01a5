/** Which report of the assessment that a setup names may stand for its own catalogues. Pure. */
import { z } from 'zod';
import type { AttemptRecord } from './attempt-record.ts';
import type { SetupRecord } from './head.ts';
import type { MilestoneRecord } from './milestone-data.ts';
import { readAnew } from './taken-catalogues.ts';
import type { ReadAnew } from './taken-catalogues.ts';

/** What an assessment keeps of both catalogues: `sql/catalogue-fingerprint.sql`. */
export const fingerprintsSchema = z.object({ source: z.string(), destination: z.string() });
export type Fingerprints = z.infer<typeof fingerprintsSchema>;

type Databases = Pick<SetupRecord, 'request' | 'destination'>;

/** An attempt of an assessment that has a report. */
export interface Report extends Pick<AttemptRecord, 'attempt'> {
  /** When it had measured. */
  readonly at: string;
}

const DAY_MS = 24 * 60 * 60_000;
/** The numbers of rows, by which tables are put together to be copied, are not part of a fingerprint. */
const LONGEST_DAYS = 7;

/**
 * The newest report of an assessment, if it is of the databases of the setup and young enough.
 * @param attempts those of the assessment, the first one first
 */
export function usableReport(
  setup: Databases,
  attempts: readonly (Databases & Pick<AttemptRecord, 'attempt'> & { readonly reached: readonly MilestoneRecord[] })[],
  now: Date,
): Report | ReadAnew {
  for (const { attempt, request, destination, reached } of attempts.toReversed()) {
    const at = reached.find(({ name }) => name === 'checksCompleted')?.at;
    if (at === undefined) continue;
    if (addressesOf(setup) !== addressesOf({ request, destination })) {
      return readAnew('The assessment is of other databases.');
    }
    const days = (now.getTime() - Date.parse(at)) / DAY_MS;
    if (days <= LONGEST_DAYS) return { attempt, at };
    return readAnew(`The assessment is more than ${LONGEST_DAYS} days old.`);
  }
  return readAnew('The assessment has no report.');
}

function addressesOf({ request: { source }, destination }: Databases): string {
  const { server, database } = source.connection;
  return JSON.stringify([server, database, destination.server, destination.database]).toLowerCase();
}

/**
 * Why the catalogues of an assessment are not known to hold; undefined if they do.
 * @param assessment undefined of an assessment, or a setup, whose pipeline release 1.0.0 put
 */
export function changeSince(assessment: Fingerprints | undefined, now: Fingerprints | undefined): ReadAnew | undefined {
  if (assessment === undefined || now === undefined) {
    return readAnew('There is nothing to compare: release 1.0.0 took no fingerprints of tables.');
  }
  const changed = (['source', 'destination'] as const).filter((side) => assessment[side] !== now[side]);
  if (changed.length === 0) return undefined;
  return readAnew(
    `Tables of the ${changed.join(' and the ')}, or the right to see them, have changed since the assessment.`,
  );
}
