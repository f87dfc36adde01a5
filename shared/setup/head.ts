/** The head row of a setup: the truth about it. Pure. */
import { z } from 'zod';
import { decoded, HEAD, partitionOf } from './rows.ts';
import { destinationSchema, setupFailureSchema, setupRequestSchema } from './setup.ts';
import { deletionMilestones, milestones, phaseAfter, phaseSchema, phasesOf, setupStateSchema } from './states.ts';
import type { Milestone, MilestoneName } from './states.ts';

const requestedSchema = z.object({ at: z.iso.datetime(), actor: z.string() });

/** What a deletion takes away beside what is always taken away. */
const deletionOptionsSchema = z.object({
  /** The runtime that the setup created, if no other setup uses it. */
  removeRuntime: z.boolean(),
  /** Change tracking that its replications turned on at the source. */
  removeSource: z.boolean(),
});
export type DeletionOptions = z.infer<typeof deletionOptionsSchema>;

const setupRecordSchema = z.object({
  tenantId: z.string(),
  setupId: z.string(),
  /** Short name of the setup in Azure resources. */
  key: z.string(),
  request: setupRequestSchema,
  /** Where the environment is, as the directory had it when the attempt began. */
  destination: destinationSchema,
  /** Key Vault secret that holds the source password. Used once, so that it also tells whose request made the row. */
  secretName: z.string(),
  state: setupStateSchema,
  phase: phaseSchema,
  attempt: z.int(),
  /** The phase at which the attempt began; what the phases before it gave was taken over from an earlier attempt. */
  from: phaseSchema,
  /** The milestones that the attempt has reached or taken over. What they recorded is in the row of the attempt. */
  reached: z.array(z.string()),
  /** Number of the last event. */
  sequence: z.int(),
  createdAt: z.iso.datetime(),
  /** Later at each change, also when clocks differ: it orders the states of a setup. */
  lastModifiedAt: z.iso.datetime(),
  phaseStartedAt: z.iso.datetime(),
  failure: setupFailureSchema.optional(),
  /** Name of the factory that the attempt has, or took over. */
  factory: z.string().optional(),
  /** The run of the attempt's orchestration that may work; any other one is superseded. */
  openedBy: z.string().optional(),
  /** Whether the attempt takes back what it made: from then on it makes nothing more. */
  undoing: z.boolean().default(false),
  /** Whether its entities are being removed, or were: nothing of the undo needs them any more. */
  removing: z.boolean().default(false),
  /** Who asked for the end of the attempt. */
  cancel: requestedSchema.optional(),
  /** Who asked for the removal of the setup. It begins when the attempt has ended. */
  deletion: requestedSchema
    .extend({
      /** Counts the removals of an attempt, since one may fail. */
      number: z.int(),
      begun: z.boolean(),
      ...deletionOptionsSchema.shape,
    })
    .optional(),
  /** Number of the last cleanup orchestration. From its beginning on, the attempt itself may do nothing more. */
  cleanup: z.coerce.number().int().optional(),
  /** The last replication run, and the orchestration that works on it while it is under way. */
  replication: z
    .object({
      run: z.int(),
      active: z.object({ start: z.int(), canceling: z.boolean() }).optional(),
    })
    .optional(),
  /** Whether the request has changed since the tables were planned. The next replication run plans them again. */
  planOutdated: z.boolean().default(false),
  etag: z.string(),
});
export type SetupRecord = z.infer<typeof setupRecordSchema>;

const jsonColumns = ['request', 'destination', 'reached', 'failure', 'cancel', 'deletion', 'replication'] as const;

/** Reads a head row. @throws {z.ZodError} if it is none */
export function headFromRow(row: object): SetupRecord {
  return setupRecordSchema.parse(decoded(row, jsonColumns));
}

/**
 * The row of a head. Written with Merge, so that columns that a newer version knows stay; what has no value any more is
 * cleared by an empty text.
 */
export function headRow(head: SetupRecord) {
  const { etag: _etag, ...columns } = head;
  const json = Object.fromEntries(
    jsonColumns.map((name) => [name, head[name] === undefined ? '' : JSON.stringify(head[name])]),
  );
  const { factory = '', openedBy = '', cleanup = '' } = head;
  return {
    ...columns,
    ...json,
    factory,
    openedBy,
    cleanup: String(cleanup),
    partitionKey: partitionOf(head),
    rowKey: HEAD,
  };
}

/** When a change happens: now, or just after the one before if that was made by a clock that is ahead. */
export function laterThan(before: SetupRecord, now: Date): string {
  const earliest = before.etag === '' ? now.getTime() : Date.parse(before.lastModifiedAt) + 1;
  return new Date(Math.max(now.getTime(), earliest)).toISOString();
}

/** The head after a milestone. */
export function movedOn(head: SetupRecord, milestone: Milestone, now: Date): SetupRecord {
  const { state, position } = milestones[milestone.name];
  const failed = milestone.name === 'failed' || milestone.name === 'deletionFailed';
  return {
    ...head,
    state,
    reached: [...reachedBefore(head, milestone.name), milestone.name],
    phase: phaseAfter(milestone.name, head.phase, phasesOf(head)),
    phaseStartedAt: position === 'ends' ? now.toISOString() : head.phaseStartedAt,
    ...(failed ? { failure: milestone.data.failure } : {}),
    ...(milestone.name === 'factorySelected' ? { factory: milestone.data.factory.name } : {}),
  };
}

/** A deletion reaches its milestones anew. */
function reachedBefore({ reached }: SetupRecord, name: MilestoneName): readonly string[] {
  const ofDeletions: readonly string[] = deletionMilestones;
  return name === 'deleteRequested' ? reached.filter((before) => !ofDeletions.includes(before)) : reached;
}

/** Whether an attempt has reached a milestone, or taken it over. */
export function hasReached({ reached }: SetupRecord, name: MilestoneName): boolean {
  // Checks come to one result, though they may be evaluated twice at the same moment.
  const isResult = name === 'checksCompleted' || name === 'checksFailed';
  return (isResult ? ['checksCompleted', 'checksFailed'] : [name]).some((each) => reached.includes(each));
}
