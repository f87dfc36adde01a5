/** What happens to two setups that want one environment: who does what at the same moment, and what goes wrong with it. */
import fc from 'fast-check';
import type { Mishap } from './durable.ts';

/** How far the first setup has come when the race begins. */
const beginnings = ['nothing', 'accepted', 'failed', 'canceled', 'ready', 'deleted'] as const;
export type Beginning = (typeof beginnings)[number];

/** Who takes part. `putAnew` asks with another password, `again` runs the attempt's orchestration a second time. */
const parts = [
  'put',
  'putAnew',
  'putOther',
  'cancel',
  'replay',
  'replayWithPassword',
  'replayMany',
  'delete',
  'settle',
  'look',
  'nudge',
  'again',
] as const;
export type Part = (typeof parts)[number];

export interface Scenario {
  readonly beginning: Beginning;
  /** Activities that an accepted setup has behind it. */
  readonly progress: number;
  readonly cast: readonly Part[];
  /** Member of the cast whose host is killed, and after how many steps. */
  readonly killed: { readonly member: number; readonly steps: number } | undefined;
  /** By the number of the activity from the race on. */
  readonly mishaps: readonly (readonly [number, Mishap])[];
  /** Whether the runtimes have their nodes while the race goes on. */
  readonly hasNodes: boolean;
  readonly fails: boolean;
}

const LONGEST_ATTEMPT = 30;

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  beginning: fc.constantFrom(...beginnings, 'accepted' as const, 'accepted' as const),
  progress: fc.nat(LONGEST_ATTEMPT),
  cast: fc.array(fc.constantFrom(...parts), { minLength: 2, maxLength: 4 }),
  killed: fc.option(fc.record({ member: fc.nat(3), steps: fc.nat(20) }), { nil: undefined, freq: 4 }),
  mishaps: fc.array(
    fc.tuple(fc.nat(LONGEST_ATTEMPT), fc.constantFrom<Mishap>('twice', 'twice', 'late', 'late', 'dies')),
    { maxLength: 3 },
  ),
  hasNodes: fc.boolean(),
  fails: fc.boolean(),
});
