/**
 * What the service counts and measures: every metric once, with its unit and meaning. Where no telemetry was started, it costs
 * nothing. No metric tells of a single setup or tenant: those are in traces and logs.
 */
import { metrics as provided } from '@opentelemetry/api';
import type { Counter, Gauge, Histogram, MeterProvider } from '@opentelemetry/api';
import { attributesOf } from './attributes.ts';
import type { Facts } from './attributes.ts';

interface Description {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  /** https://ucum.org/ucum; what is counted stands in braces. */
  readonly unit: string;
  readonly meaning: string;
  readonly by: readonly (keyof Facts)[];
}

export const metrics = {
  transitions: {
    kind: 'counter',
    name: 'migration.setup.transitions',
    unit: '{setup}',
    meaning: 'Setups and assessments that came to a state',
    by: ['state', 'code'],
  },
  openSetups: {
    kind: 'gauge',
    name: 'migration.setup.open',
    unit: '{setup}',
    meaning: 'Setups that are neither ready nor deleted, every five minutes',
    by: ['state'],
  },
  phaseDuration: {
    kind: 'histogram',
    name: 'migration.phase.duration',
    unit: 's',
    meaning: 'How long a phase took; `RuntimeRegistration` has the wait for a person in it',
    by: ['phase'],
  },
  activityOutcomes: {
    kind: 'counter',
    name: 'migration.activity.outcomes',
    unit: '{activity}',
    meaning:
      'Activities that did not do their work (`retried`, `failed`, `refused`, `stopped`), or that wrote down that a setup failed (`setupFailed`)',
    by: ['activity', 'outcome', 'code'],
  },
  placementRefusals: {
    kind: 'counter',
    name: 'migration.placement.refusals',
    unit: '{setup}',
    meaning: 'Setups for which no factory had a place',
    by: [],
  },
  throttling: {
    kind: 'counter',
    name: 'migration.service.throttled',
    unit: '{request}',
    meaning:
      'Requests that a service refused because there were too many (429, 503), each try, or that were held back because it would; events that Service Bus refused (`ServiceBusy`, `QuotaExceeded`), each send',
    by: ['server', 'status', 'code'],
  },
  outboxDepth: {
    kind: 'gauge',
    name: 'migration.outbox.depth',
    unit: '{setup}',
    meaning: 'Setups with events that Service Bus did not take, every 30 seconds',
    by: [],
  },
  outboxAge: {
    kind: 'gauge',
    name: 'migration.outbox.age',
    unit: 's',
    meaning: 'How long the oldest of them has waited, every 30 seconds',
    by: [],
  },
  eventDelay: {
    kind: 'histogram',
    name: 'migration.event.delay',
    unit: 's',
    meaning: 'From what an event announces to when Service Bus took it',
    by: [],
  },
  waits: {
    kind: 'gauge',
    name: 'migration.wait.open',
    unit: '{setup}',
    meaning: 'Setups that wait for a node (`runtime`) or for the end of a pipeline run, every five minutes',
    by: ['wait'],
  },
  longestWait: {
    kind: 'gauge',
    name: 'migration.wait.age',
    unit: 's',
    meaning: 'How long the one that began first has waited, every five minutes',
    by: ['wait'],
  },
  factoryFill: {
    kind: 'gauge',
    name: 'migration.factory.fill',
    unit: '1',
    meaning:
      'The share of a limit of a factory that is used, from 0 to 1, at each count; from 0.8 on, somebody should know',
    by: ['factory', 'quota'],
  },
  openReplays: {
    kind: 'gauge',
    name: 'migration.replay.open',
    unit: '{replay}',
    meaning: 'Bulk replays that have not ended, every five minutes',
    by: [],
  },
  replayResults: {
    kind: 'counter',
    name: 'migration.replay.results',
    unit: '{setup}',
    meaning: 'Setups that a bulk replay has dealt with',
    by: ['outcome'],
  },
  replicatedRows: {
    kind: 'counter',
    name: 'migration.replication.rows',
    unit: '{row}',
    meaning: 'Rows that replication runs wrote in environments',
    by: ['mode', 'state'],
  },
  replicationDuration: {
    kind: 'histogram',
    name: 'migration.replication.duration',
    unit: 's',
    meaning: 'How long replication runs took; rows by seconds is their throughput',
    by: ['mode', 'state'],
  },
} as const satisfies Record<string, Description>;

type MetricKey = keyof typeof metrics;
type By<Key extends MetricKey> = (typeof metrics)[Key]['by'][number];

type Instrument = (value: number, facts: Facts) => void;

/** Those of one provider: that of the SDK comes after the first modules are loaded. */
let made: { readonly provider: MeterProvider; readonly instruments: Map<MetricKey, Instrument> } | undefined;

/** Counts something once, or notes a measured value. */
export function measure<Key extends MetricKey>(key: Key, value: number, facts: Pick<Facts, By<Key>>): void {
  const provider = provided.getMeterProvider();
  if (made?.provider !== provider) made = { provider, instruments: new Map() };
  const known = made.instruments.get(key) ?? instrument(metrics[key]);
  made.instruments.set(key, known);
  known(value, facts);
}

function instrument({ kind, name, unit, meaning: description }: Description): Instrument {
  const meter = provided.getMeter('cloud-migration-setup');
  const options = { unit, description };
  if (kind === 'counter') {
    const counter: Counter = meter.createCounter(name, options);
    return (value, facts) => counter.add(value, attributesOf(facts));
  }
  const recorder: Gauge | Histogram =
    kind === 'gauge' ? meter.createGauge(name, options) : meter.createHistogram(name, options);
  return (value, facts) => recorder.record(value, attributesOf(facts));
}
