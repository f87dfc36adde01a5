/**
 * The events that downstream services subscribe to: CloudEvents 1.0, one for each milestone that the outside cares for.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
import { z } from 'zod';
import { instanceIdOf, milestones } from './setup.ts';
import type { AttemptId, Milestone, MilestoneName, Phase } from './setup.ts';

const typePrefix = 'com.bcmigration.setup';

const eventNames: Readonly<Record<MilestoneName, string | undefined>> = {
  accepted: 'accepted',
  factorySelected: 'factory-selected',
  runtimeCreated: 'runtime-created',
  runtimeOnline: 'runtime-online',
  runtimeNotNeeded: undefined,
  checksCompleted: 'checks-completed',
  checksFailed: 'checks-completed',
  proceduresCreated: 'procedures-created',
  inventoryCompleted: 'inventory-completed',
  tablesPlanned: 'tables-planned',
  replicationPipelineCreated: 'replication-pipeline-created',
  environmentMarked: undefined,
  cleanupCompleted: 'cleanup-completed',
  ready: 'ready',
  failed: 'failed',
};

/** The `type` of the event that announces a milestone; undefined if none does. */
export function eventTypeOf(name: MilestoneName): string | undefined {
  const eventName = eventNames[name];
  return eventName === undefined ? undefined : `${typePrefix}.${eventName}.v1`;
}

/** A setup event as it is stored and sent. `data` always has the members named here, and those of its milestone. */
export const setupEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  /** Ten digits, contiguous within a setup, so that text order is event order. */
  sequence: z.string().regex(/^\d{10}$/),
  /** The attempt that the event belongs to. */
  correlationid: z.string(),
  data: z.looseObject({
    tenantId: z.string(),
    setupId: z.string(),
    attempt: z.int(),
    environment: z.string(),
    state: z.string(),
    phase: z.string(),
  }),
});
export type SetupEvent = z.infer<typeof setupEventSchema>;

/**
 * Builds the event of a milestone.
 * @param source the service that speaks, an absolute URI
 * @param sequence position of the event within its setup, from 1
 * @param currentPhase the phase that was under way
 * @returns undefined if nothing announces the milestone
 */
export function buildSetupEvent(
  source: string,
  attempt: AttemptId,
  environment: string,
  milestone: Milestone,
  sequence: number,
  currentPhase: Phase,
  at: Date,
): SetupEvent | undefined {
  const type = eventTypeOf(milestone.name);
  if (type === undefined) return undefined;
  const { state, phase = currentPhase } = milestones[milestone.name];
  const { tenantId, setupId } = attempt;
  return {
    specversion: '1.0',
    // The tenant is part of it: setup ids are unique only within a tenant, and Service Bus drops a repeated id.
    id: `${tenantId}.${setupId}:${attempt.attempt}:${sequence}`,
    source,
    type,
    subject: `tenants/${tenantId}/migrationSetups/${setupId}`,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(10, '0'),
    correlationid: instanceIdOf(attempt),
    data: { tenantId, setupId, attempt: attempt.attempt, environment, state, phase, ...milestone.data },
  };
}
