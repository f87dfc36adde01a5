/** What belongs to nobody: things of ours that no setup will ever take away again. Pure. */
import { z } from 'zod';
import type { SetupRecord } from '../setup/head.ts';
import { restingStates } from '../setup/states.ts';

const orphanKinds = [
  'pipelines',
  'datasets',
  'linkedServices',
  'integrationRuntimes',
  'secret',
  'reservation',
  'environmentClaim',
  'stagedBlobs',
] as const;

/** What `place|kind|name` of one looks like. */
export const orphanKey = new RegExp(`^[^|\\p{C}]+\\|(?:${orphanKinds.join('|')})\\|\\P{C}+$`, 'u');

/** One that was found. */
export const orphanSchema = z.object({
  kind: z.enum(orphanKinds),
  name: z.string(),
  reason: z.string(),
  /** Since when it is there, where that is known. */
  since: z.date().optional(),
});
export type Orphan = z.infer<typeof orphanSchema>;

/** Younger than this, a thing may be in the hands of somebody who has not written down yet that it is his. */
const YOUNGEST_MS = 60 * 60_000;
/** An operator has so long to object before a thing is removed. */
const NOTICE_MS = 24 * 60 * 60_000;

/** Whether a thing is too young to be called an orphan. */
export function isTooYoung({ since }: Orphan, now: Date): boolean {
  return since !== undefined && now.getTime() - since.getTime() < YOUNGEST_MS;
}

/** Whether an orphan has been reported for long enough to be removed. */
export function isRipe(firstSeen: Date, now: Date): boolean {
  return now.getTime() - firstSeen.getTime() >= NOTICE_MS;
}

/** The setup that a thing belongs to by its key, and the factory of its latest attempt; both undefined if there is none. */
export interface Owner {
  readonly setup: SetupRecord | undefined;
  readonly factory: string | undefined;
}

/** Why an entity is nobody's; undefined if it is somebody's. What a failed attempt left is its setup's. */
export function reasonOfEntity({ setup, factory }: Owner, foundIn: string): string | undefined {
  const reason = reasonOfKey(setup);
  if (reason !== undefined || setup === undefined || !restingStates.includes(setup.state)) return reason;
  return factory === undefined || factory === foundIn ? undefined : `Its setup is in factory ${factory}.`;
}

/** Why a thing with a key is nobody's. @param setup the one that has the key */
export function reasonOfKey(setup: SetupRecord | undefined): string | undefined {
  if (setup === undefined) return 'No setup has its key.';
  return setup.state === 'Deleted' ? 'Its setup is deleted.' : undefined;
}

/** A runtime in a factory, and what is known of it. */
export interface FoundRuntime {
  /** The factory that our row of the runtime names; undefined if there is no row. */
  readonly ownFactory: string | undefined;
  /** The setups that use it, as far as they are there. */
  readonly users: readonly SetupRecord[];
  /** Nodes that were ever registered. */
  readonly registered: number;
}

/** Why a runtime is nobody's; one with nodes that our rows name stays. */
export function reasonOfRuntime({ ownFactory, users, registered }: FoundRuntime, foundIn: string): string | undefined {
  if (ownFactory === undefined) return 'No setup has noted that it uses it.';
  if (ownFactory !== foundIn) return `The runtime of that name is in factory ${ownFactory}.`;
  const needed = users.some(({ state }) => state === 'Ready' || !restingStates.includes(state));
  return registered === 0 && !needed ? 'No node was registered, and no setup that uses it is under way.' : undefined;
}

/** Why a secret is nobody's. @param setup its owner */
export function reasonOfSecret(name: string, setup: SetupRecord | undefined): string | undefined {
  const reason = setup === undefined ? 'Its setup does not exist.' : reasonOfKey(setup);
  return reason ?? (setup?.secretName === name ? undefined : 'Its setup has another password.');
}

/** Why a place in a factory is nobody's. @param setup the one that holds it */
export function reasonOfReservation(setup: SetupRecord | undefined): string | undefined {
  if (setup === undefined) return 'No setup has its key.';
  return restingStates.includes(setup.state) ? `Its setup is ${setup.state}.` : undefined;
}
