/** What a check is, what it is given and what it says. Pure. */
import { z } from 'zod';
import { clip } from '../clip.ts';
import type { LeftOutTables } from '../plan/left-out.ts';
import type { RefusedLoad, RuntimeLoad } from '../runtimes/runtime-load.ts';
import type { Product, SourceKind } from '../setup/setup.ts';
import type { Company, DestinationProbe, Gap, SourceProbe, StorageProbe } from './probe.ts';
import type { CheckThresholds } from './thresholds.ts';

interface MeasuredRuntime {
  readonly name: string;
  readonly online: boolean;
  readonly nodes: readonly { readonly name: string; readonly version: string }[];
  /** What Data Factory says of the version of the nodes; empty if it says nothing. */
  readonly versionStatus: string;
  readonly updatesItself: boolean;
  /** Setups that use it and are not at rest, this one included. */
  readonly setups: number;
  /** Undefined if no node tells, or nobody has asked. */
  readonly load: RuntimeLoad | RefusedLoad | undefined;
}

/** Everything that was measured. */
export interface CheckInput {
  /** The mark of this setup; the same text as @setupKey of the scripts. */
  readonly setupKey: string;
  readonly product: Product;
  readonly sourceKind: SourceKind;
  readonly source: SourceProbe;
  readonly storage: StorageProbe;
  /** Of the source. */
  readonly companies: readonly Company[];
  /** How many more the source has. */
  readonly unlistedCompanies: number;
  /** Names of those that are to be migrated; left out: all. */
  readonly selected?: readonly string[];
  readonly destination: DestinationProbe;
  /** Undefined for a source that needs no self-hosted runtime. */
  readonly runtime: MeasuredRuntime | undefined;
  /** Who the data factory is in the environment's database. */
  readonly factoryAccess: Pick<DestinationProbe, 'user' | 'hasControl'>;
  /** What the app itself finds in the environment's database, or why it was not let in. */
  readonly ownAccess: Pick<DestinationProbe, 'user' | 'hasControl'> | { readonly refused: string };
  /** What the plan would leave out, as the catalogues of both databases are; undefined if the app was not let in. */
  readonly leftOut: LeftOutTables | undefined;
  /** The secret that holds the source's password; undefined if it is gone. */
  readonly secret: { readonly isEnabled: boolean; readonly daysLeft: number | null } | undefined;
  readonly thresholds: CheckThresholds;
}

/** `blocks`: the setup fails. `warns`: it goes on, something may go wrong later. `informs`: worth knowing. */
const checkSeveritySchema = z.enum(['blocks', 'warns', 'informs']);
type CheckSeverity = z.infer<typeof checkSeveritySchema>;

/** Why a check was skipped: as a value is missing, because another one is unknown, or because it does not apply. */
const skipReasonSchema = z.enum(['absent', 'denied', 'old', 'unknown', 'notNeeded']);
type SkipReason = z.infer<typeof skipReasonSchema>;

/** Who can mend what a check finds: who asked for the migration, or the operator of this service. */
const menderSchema = z.enum(['caller', 'operator']);

const namedSchema = z.object({
  /** Stable. */
  id: z.string(),
  title: z.string(),
  target: z.enum(['source', 'destination', 'runtime', 'companies', 'service']),
  /** At worst. */
  severity: checkSeveritySchema,
  /** The number that Business Central's client knows for it, or the id. */
  code: z.string(),
});

/** A check as the catalogue lists it. */
export const checkDefinitionSchema = namedSchema.extend({
  /** What is measured, and what passes. */
  rule: z.string(),
  /** What goes wrong otherwise. */
  why: z.string(),
  mendedBy: menderSchema,
  documentation: z.url(),
});
type CheckDefinition = z.infer<typeof checkDefinitionSchema>;

/** One check of the catalogue. */
export interface Check extends CheckDefinition {
  evaluate(input: CheckInput): Finding;
}

/**
 * What one check found. `cause` is empty if it passed, and says why it was skipped or excluded, or why there is nothing to do;
 * `remedy.text` is empty unless it failed.
 */
export const checkResultSchema = namedSchema.extend({
  /** `nothingToDo`: not as expected, but nobody need do anything. `excluded`: the request does not want it. */
  status: z.enum(['passed', 'nothingToDo', 'failed', 'skipped', 'excluded']),
  /** Of a check that was skipped. */
  reason: skipReasonSchema.optional(),
  measured: z.string(),
  expected: z.string(),
  /** All names that `measured` lists, where it may have more of them than it shows. */
  names: z.array(z.string()).optional(),
  cause: z.string(),
  remedy: z.object({ by: menderSchema, text: z.string(), sql: z.string().optional(), documentation: z.url() }),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

interface Comparison {
  readonly measured: string;
  readonly expected: string;
  readonly names?: string[];
}

/** What is said about a failure beside the values. It may be less severe than the check is at worst. */
interface Failure {
  readonly cause: string;
  readonly remedy: string;
  readonly sql?: string;
  readonly severity?: CheckSeverity;
  readonly code?: string;
}

/** What a check says about its input. */
export type Finding =
  | (Comparison & { readonly status: 'passed' })
  | (Comparison & { readonly status: 'nothingToDo'; readonly cause: string })
  | (Comparison & Failure & { readonly status: 'failed' })
  | { readonly status: 'skipped'; readonly reason: SkipReason; readonly cause: string }
  | { readonly status: 'excluded'; readonly cause: string };

/** Skipped because of a value that could not be read. @param what for a sentence: `The companies` */
export function unread(gap: Gap | undefined, what: string): Finding {
  const causes = {
    absent: `${what}: there is nothing to read in the database.`,
    denied: `${what}: the login may not read it.`,
    old: `${what}: the server is too old to tell.`,
    unknown: `${what}: the server does not tell.`,
  };
  const reason = gap ?? 'unknown';
  return { status: 'skipped', reason, cause: causes[reason] };
}

/** Skipped because it does not apply. */
export function notNeeded(cause: string): Finding {
  return { status: 'skipped', reason: 'notNeeded', cause };
}

/** Not evaluated, since the request does not want it. */
export const excluded: Finding = { status: 'excluded', cause: 'Excluded by the request (checkSelection).' };

/** The companies that are to be migrated. */
export function selectedOf({ companies, selected }: CheckInput): readonly Company[] {
  if (selected === undefined) return companies;
  const names = new Set(selected);
  return companies.filter(({ name }) => names.has(name));
}

/** Passed if `isGood`, else failed. */
export function judge(isGood: boolean, values: Comparison, failure: Failure): Finding {
  return isGood ? { status: 'passed', ...values } : { status: 'failed', ...values, ...failure };
}

export function yesNo(has: boolean | null): string {
  return has === true ? 'yes' : 'no';
}

const SHOWN_NAMES = 20;
const LONGEST_NAME = 200;

/** Names on one line; of many, the first and how many more there are. */
export function listed(names: readonly string[], total: number = names.length): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => clip(name, LONGEST_NAME));
  const more = total - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Some names of which each knows how many there are. */
export function someOf(names: readonly { readonly name: string; readonly total: number }[]): string {
  return listed(
    names.map(({ name }) => name),
    names[0]?.total,
  );
}

/** The same as `listed`, each name as JSON, so that what does not print shows. */
export function quoted(names: readonly string[]): string {
  return listed(names.map((name) => JSON.stringify(name)));
}
