/** What is done with one setup of a bulk replay. */
import type { DurableClient } from 'durable-functions';
import { clip } from '../clip.ts';
import { messageOf } from '../error-message.ts';
import type { Services } from '../services.ts';
import { beginReplay } from '../setup/begin-replay.ts';
import type { RefusedClaim } from '../setup/begin-replay.ts';
import { replayStart } from '../setup/replay.ts';
import { startSetup } from '../setup/start.ts';
import type { SetupState } from '../setup/states.ts';
import type { SetupRecord } from '../setup/store.ts';
import { replayableStates } from './replay.ts';
import type { BulkReplay, ItemOutcome, ReplayItem } from './replay.ts';

type Outcome = Omit<ItemOutcome, 'tenantId' | 'setupId'>;

const noChanges = { password: false, connection: false, runtime: false, companies: false };

/**
 * Begins the next attempt of a setup, once: a repetition finds the attempt that it began.
 * @returns undefined if nothing was begun because the bulk replay is to end
 * @throws what is worth a repetition
 */
export async function replayItem(
  services: Services,
  client: DurableClient,
  replay: BulkReplay,
  item: ReplayItem,
): Promise<ItemOutcome | undefined> {
  const { tenantId, setupId } = item;
  for (;;) {
    const setup = await services.store.get(item);
    const isAsChosen = setup?.attempt === item.attempt;
    if (isAsChosen && replay.state !== 'Running') return undefined;
    const outcome = isAsChosen
      ? await begin(services, client, replay, setup)
      : await foundOutcome(services, client, replay, { item, setup });
    if (outcome !== undefined) return { tenantId, setupId, ...outcome };
  }
}

/** @returns undefined if somebody else changed the setup since it was read */
async function begin(
  services: Services,
  client: DurableClient,
  { replayId, actor, from: wanted }: BulkReplay,
  setup: SetupRecord,
): Promise<Outcome | undefined> {
  const { phase, request, secretName, state } = setup;
  if (!isReplayable(state)) return skipped(`The setup is ${state}.`);
  const from = replayStart(phase, wanted, noChanges);
  if (from === undefined) return refused(`The attempt ended in ${phase}, which is before ${wanted}.`);
  // The request id tells a repetition that the attempt is its own.
  const audit = { actor, action: 'replayMany', requestId: replayId };
  const beginning = await beginReplay(services, setup, { from, request, secretName, audit });
  if (beginning.kind === 'changed') return undefined;
  if (beginning.kind === 'refused') return refused(reasonOf(beginning.claim, request.destination.environment));
  return replayed(services, client, beginning.setup);
}

/** What came of a setup that is not any more as it was chosen. */
async function foundOutcome(
  services: Services,
  client: DurableClient,
  { replayId }: BulkReplay,
  { item, setup }: { readonly item: ReplayItem; readonly setup: SetupRecord | undefined },
): Promise<Outcome> {
  if (setup === undefined) return skipped('The setup is gone.');
  const next = { ...item, attempt: item.attempt + 1 };
  if (!(await services.store.isBegunBy(next, replayId))) {
    return skipped(`Somebody else has begun attempt ${next.attempt}.`);
  }
  if (setup.attempt === next.attempt && setup.state === 'Accepted') return replayed(services, client, setup);
  return { result: 'replayed', begunAttempt: next.attempt };
}

async function replayed({ settings }: Services, client: DurableClient, setup: SetupRecord): Promise<Outcome> {
  const outcome = { result: 'replayed', begunAttempt: setup.attempt } as const;
  try {
    await startSetup(client, setup, settings);
    return outcome;
  } catch (error) {
    // The attempt is stored, and a timer starts what was not started.
    return { ...outcome, reason: clip(`It could not be started at once: ${messageOf(error)}`) };
  }
}

function isReplayable(state: SetupState): boolean {
  return replayableStates.some((replayable) => replayable === state);
}

function reasonOf(claim: RefusedClaim, environment: string): string {
  return claim.kind === 'inUse'
    ? `The setup ${claim.setupId} has the environment ${environment}.`
    : `The tenant has no environment ${environment}.`;
}

function skipped(reason: string): Outcome {
  return { result: 'skipped', reason };
}

function refused(reason: string): Outcome {
  return { result: 'refused', reason };
}
