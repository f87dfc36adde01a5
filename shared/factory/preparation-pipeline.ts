/** The pipeline that prepares both databases of a setup, and that takes back at the source what it did there. Pure. */
import type { EntityDocument } from './connections.ts';
import { catalogueBlob } from './names.ts';
import { announcedEnd, decidingActivities } from './notification.ts';
import {
  after,
  copyToBlob,
  expression,
  lookup,
  once,
  persistent,
  pipeline,
  script,
  storedProcedure,
} from './pipeline-activities.ts';
import type { PipelineActivity, PipelineContext, ScriptBlock, Side } from './pipeline-activities.ts';

/** The T-SQL that the preparation runs. */
export interface PreparationScripts {
  readonly sourceProbe: string;
  readonly sourceStorageProbe: string;
  readonly destinationProbe: string;
  readonly listCompanies: string;
  readonly listExtensions: string;
  readonly claim: string;
  readonly releaseClaim: string;
  readonly sourceObjects: readonly string[];
  readonly destinationObjects: readonly string[];
  readonly catalogue: string;
  readonly catalogueFingerprint: string;
  readonly sourceRemoval: readonly [remains: string, ...rest: string[]];
}

/** For whom databases are claimed: the setup by its mark, and the attempt. */
export interface Claimant {
  readonly setupKey: string;
  readonly attempt: number;
}

/** Activities of the preparation whose outputs the service reads. The name of each activity says on which side it works. */
export const preparationActivities = {
  sourceProbe: 'SourceProbe',
  storageProbe: 'SourceStorageProbe',
  destinationProbe: 'DestinationProbe',
  companies: 'SourceCompanies',
  sourceFingerprint: 'SourceFingerprint',
  destinationFingerprint: 'DestinationFingerprint',
  extensions: 'DestinationExtensions',
  sourceRemoval: 'RemoveFromSource',
} as const;

/** What a run of the preparation can do. */
const preparationStages = ['assess', 'catalogue', 'install', 'release', 'remove'] as const;
export type PreparationStage = (typeof preparationStages)[number];

/**
 * What becomes of the catalogues: `written` down by `assess`; the same after their fingerprints, so that a setup can compare;
 * or `compared` by their fingerprints alone, and written down by `catalogue` if those that are known do not hold any more.
 */
export type CatalogueUse = 'written' | 'comparable' | 'compared';

/**
 * Parameter `stage`: `assess` measures both databases and writes down their catalogues, and `catalogue` does that later: both
 * change nothing in them;
 * `install` claims both, then creates what replication needs; `release` gives the source's claim back; `remove` takes from the
 * source all that is the service's there, with `removeSource` also the change tracking that it turned on. The
 * destination is released and cleared by the service itself, which reaches it. One run at a time.
 */
export function preparationPipeline(
  context: PipelineContext,
  claimant: Claimant,
  scripts: PreparationScripts,
  use: CatalogueUse = 'written',
): EntityDocument {
  const stages: Readonly<Record<PreparationStage, readonly PipelineActivity[]>> = {
    ...assess(context, claimant, scripts, use),
    install: install(context, claimant, scripts),
    release: [
      persistent(
        script(context, 'ReleaseSource', 'source', [nonQuery(scripts.releaseClaim)], claimantParameters(claimant)),
      ),
    ],
    remove: [removeFromSource(context, claimant, scripts)],
  };
  const cases = preparationStages.map((value) => ({ value, activities: stages[value] }));
  const byStage: PipelineActivity = {
    name: decidingActivities.prepare,
    type: 'Switch',
    typeProperties: {
      on: expression('@pipeline().parameters.stage'),
      cases: cases.filter(({ activities }) => activities.length > 0),
    },
  };
  const parameters = { stage: { type: 'String' }, removeSource: { type: 'Bool', defaultValue: false } } as const;
  const activities = [byStage, ...announcedEnd(context, decidingActivities.prepare)];
  return pipeline(context, 'Prepares a cloud migration; deleted when the setup has ended.', activities, parameters, 1);
}

const sides = ['source', 'destination'] as const satisfies Side[];
/** With these, a database is known to let the factory in. */
const probes = { source: preparationActivities.sourceProbe, destination: preparationActivities.destinationProbe };
const fingerprints = {
  source: preparationActivities.sourceFingerprint,
  destination: preparationActivities.destinationFingerprint,
};
const catalogues = { source: 'SourceCatalogue', destination: 'DestinationCatalogue' };

function assess(
  context: PipelineContext,
  { attempt }: Claimant,
  scripts: PreparationScripts,
  use: CatalogueUse,
): Readonly<Record<'assess' | 'catalogue', readonly PipelineActivity[]>> {
  const fingerprint = (side: Side) =>
    after(lookup(context, fingerprints[side], side, scripts.catalogueFingerprint, 'first'), [probes[side]]);
  // Copy and not Lookup, which stops at 5,000 rows.
  const catalogue = (from: Side) =>
    copyToBlob(context, catalogues[from], { from, query: scripts.catalogue, blob: catalogueBlob(attempt, from) });
  const measuring = measure(context, scripts);
  if (use === 'compared') return { assess: [...measuring, ...sides.map(fingerprint)], catalogue: sides.map(catalogue) };
  if (use === 'written') {
    return { assess: [...measuring, ...sides.map((side) => after(catalogue(side), [probes[side]]))], catalogue: [] };
  }
  // In this order: what changes between them is found by who compares.
  const written = sides.map((side) => after(catalogue(side), [fingerprints[side]]));
  return { assess: [...measuring, ...sides.map(fingerprint), ...written], catalogue: [] };
}

function measure(context: PipelineContext, scripts: PreparationScripts): readonly PipelineActivity[] {
  const { sourceProbe, storageProbe, destinationProbe, companies } = preparationActivities;
  return [
    // Alone and once at the source: some wrong logins after each other lock an account. Azure SQL lets nobody in while it moves.
    once(lookup(context, sourceProbe, 'source', scripts.sourceProbe, 'first')),
    lookup(context, destinationProbe, 'destination', scripts.destinationProbe, 'first'),
    after(lookup(context, storageProbe, 'source', scripts.sourceStorageProbe, 'first'), [sourceProbe]),
    after(lookup(context, companies, 'source', scripts.listCompanies, 'all'), [sourceProbe]),
  ];
}

function install(
  context: PipelineContext,
  claimant: Claimant,
  scripts: PreparationScripts,
): readonly PipelineActivity[] {
  const claim = (name: string, side: Side) =>
    once(script(context, name, side, [nonQuery(scripts.claim)], claimantParameters(claimant)));
  const create = (name: string, side: Side, batches: readonly string[]) =>
    after(script(context, name, side, batches.map(nonQuery)), ['ClaimSource']);
  return [
    // One after the other and always in this order, so that of two setups for the same databases one gets both.
    claim('ClaimDestination', 'destination'),
    after(claim('ClaimSource', 'source'), ['ClaimDestination']),
    create('CreateSourceObjects', 'source', scripts.sourceObjects),
    create('CreateDestinationObjects', 'destination', scripts.destinationObjects),
    after(
      storedProcedure(context, 'MarkSource', 'source', '[mig].[MarkSource]', {
        setupKey: ['String', claimant.setupKey],
      }),
      ['CreateSourceObjects'],
    ),
    lookup(context, preparationActivities.extensions, 'destination', scripts.listExtensions, 'all'),
  ];
}

function removeFromSource(
  context: PipelineContext,
  claimant: Claimant,
  { sourceRemoval: [remains, ...rest] }: PreparationScripts,
): PipelineActivity {
  const removeSource = { type: 'Boolean', value: expression('@pipeline().parameters.removeSource') } as const;
  const blocks: readonly ScriptBlock[] = [{ type: 'Query', text: remains }, ...rest.map(nonQuery)];
  return script(context, preparationActivities.sourceRemoval, 'source', blocks, {
    ...claimantParameters(claimant),
    removeSource,
  });
}

function claimantParameters({ setupKey, attempt }: Claimant) {
  return { setupKey: { type: 'String', value: setupKey }, attempt: { type: 'Int32', value: attempt } } as const;
}

function nonQuery(text: string): ScriptBlock {
  return { type: 'NonQuery', text };
}
