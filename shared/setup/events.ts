/**
 * The events that downstream services subscribe to: CloudEvents 1.0, one for each milestone that the outside cares for.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
import { z } from 'zod';
import { isAssessment } from './assessment.ts';
import { instanceIdOf } from './setup.ts';
import { eventTypeOf, milestones } from './states.ts';
import type { SetupRecord } from './head.ts';
import type { Milestone, Phase, SetupState } from './states.ts';

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
  /** The trace of what the event announces: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md */
  traceparent: z.string().optional(),
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

/** What events tell of their setup, as it was before. */
type Announcer = Pick<SetupRecord, 'tenantId' | 'setupId' | 'attempt' | 'destination' | 'sequence' | 'phase'>;

/** What an event says: its type, where the setup stands with it, and what it adds. */
export interface Announcement {
  readonly type: string;
  readonly state: SetupState;
  readonly phase: Phase;
  readonly data: object;
}

/** What is announced of a milestone; undefined if nothing is: nobody but its caller waits for an assessment. */
export function announcementOf(setup: Announcer, milestone: Milestone): Announcement | undefined {
  const type = eventTypeOf(milestone.name);
  if (type === undefined || isAssessment(setup)) return undefined;
  const { state, phase = setup.phase } = milestones[milestone.name];
  return { type, state, phase, data: announcedData(milestone) };
}

/**
 * Builds the next event of a setup.
 * @param source the service that speaks, an absolute URI
 * @param traceparent of the change, if it has a trace
 */
export function buildSetupEvent(
  source: string,
  setup: Announcer,
  { type, state, phase, data }: Announcement,
  at: Date,
  traceparent?: string,
): SetupEvent {
  const { tenantId, setupId, attempt } = setup;
  const { environment } = setup.destination;
  const sequence = setup.sequence + 1;
  return {
    specversion: '1.0',
    // The tenant is part of it: setup ids are unique only within a tenant, and Service Bus drops a repeated id.
    id: `${tenantId}.${setupId}:${attempt}:${sequence}`,
    source,
    type,
    subject: `tenants/${tenantId}/migrationSetups/${setupId}`,
    time: at.toISOString(),
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(10, '0'),
    correlationid: instanceIdOf(setup),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: { tenantId, setupId, attempt, environment, state, phase, ...data },
  };
}

/** What the outside learns of a milestone: its data, but of factories the name alone. */
export function announcedData(milestone: Milestone): object {
  return milestone.name === 'factorySelected' ? { factory: { name: milestone.data.factory.name } } : milestone.data;
}
