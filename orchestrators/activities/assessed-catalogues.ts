/** What a setup takes over from the assessment that it names, in place of reading the catalogues of both databases. */
import { z } from 'zod';
import { catalogueBlob } from '../../shared/factory/names.ts';
import { preparationActivities } from '../../shared/factory/preparation-pipeline.ts';
import { changeSince, fingerprintsSchema, usableReport } from '../../shared/setup/assessed-catalogues.ts';
import type { Fingerprints } from '../../shared/setup/assessed-catalogues.ts';
import { storedAssessmentId } from '../../shared/setup/assessment.ts';
import { readAnew } from '../../shared/setup/taken-catalogues.ts';
import type { Implementation } from './implementation.ts';
import { firstRowOf } from './lookup-output.ts';

export const takeCatalogues: Implementation<'takeCatalogues'> = async (input, services, { head, stopped }) => {
  const { attempts, clock, factories, findings, staging, store } = services;
  const { tenantId, factory, runId, assessmentId } = input;
  const id = { tenantId, setupId: storedAssessmentId(assessmentId) };
  const [setup, assessment, assessed] = await Promise.all([head(), store.get(id), attempts.of(id)]);
  const removed = assessment === undefined || assessment.state === 'Deleting' || assessment.state === 'Deleted';
  if (removed) return readAnew('The assessment is removed.');
  const report = usableReport(setup, assessed, clock.now());
  if ('reason' in report) return report;
  const { attempt, at } = report;
  const [before, outputs] = await Promise.all([
    findings.of({ ...id, attempt }, 'catalogue'),
    factories.activityOutputs(factory, runId),
  ]);
  const changed = changeSince(fingerprintsSchema.optional().parse(before[0]), fingerprintsOf(outputs));
  if (changed !== undefined) return changed;
  // One after the other: nothing of an activity goes on after its end, and the fence is asked before each part.
  for (const side of ['source', 'destination'] as const) {
    const reason = await stopped();
    if (reason !== undefined) return { stopped: reason };
    const isThere = await staging.copy(
      setup.destination.region,
      { key: assessment.key, blob: catalogueBlob(attempt, side) },
      { key: setup.key, blob: catalogueBlob(setup.attempt, side) },
    );
    if (!isThere) return readAnew('The catalogues of the assessment are removed.');
  }
  return { takenOver: true, attempt, at };
};

/** The fingerprints that a run of the preparation took; a pipeline that release 1.0.0 put takes none. */
export function fingerprintsOf(outputs: ReadonlyMap<string, unknown>): Fingerprints | undefined {
  const { sourceFingerprint, destinationFingerprint } = preparationActivities;
  const [source, destination] = [outputs.get(sourceFingerprint), outputs.get(destinationFingerprint)];
  if (source === undefined && destination === undefined) return undefined;
  return {
    source: firstRowOf(source, rowSchema).fingerprint,
    destination: firstRowOf(destination, rowSchema).fingerprint,
  };
}

const rowSchema = z.object({ fingerprint: z.string() });
