/** How the next attempt of a setup is begun, whoever asks for it. */
import type { AuditEntry } from '../audit/audit.ts';
import type { EnvironmentClaim, EnvironmentDirectory } from '../environments/directory.ts';
import type { SetupRecord } from './head.ts';
import type { SetupRequest } from './setup.ts';
import type { Phase } from './states.ts';
import type { SetupStore } from './store.ts';

/** What the next attempt works with, where it begins, and whose request that is. */
interface WantedReplay {
  readonly from: Phase;
  readonly request: SetupRequest;
  readonly secretName: string;
  readonly audit: AuditEntry;
}

export type RefusedClaim = Exclude<EnvironmentClaim, { readonly kind: 'claimed' }>;

export type ReplayBeginning =
  /** The attempt is stored, and to be started. */
  | { readonly kind: 'begun'; readonly setup: SetupRecord }
  /** Somebody else changed the setup since it was read. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'refused'; readonly claim: RefusedClaim };

/**
 * Claims the environment and stores the next attempt of a setup that failed or was canceled. What is claimed and then not
 * used stays as it is: it lapses, or is that of the one who was faster, who claims as the same attempt.
 * @param setup as it was read; its ETag guards the change
 */
export async function beginReplay(
  { environments, store }: { readonly environments: EnvironmentDirectory; readonly store: SetupStore },
  setup: SetupRecord,
  { from, request, secretName, audit }: WantedReplay,
): Promise<ReplayBeginning> {
  const { tenantId, setupId } = setup;
  const { environment } = request.destination;
  const claim = await environments.claim(tenantId, environment, { setupId, attempt: setup.attempt + 1 });
  if (claim.kind !== 'claimed') return { kind: 'refused', claim };
  const { name, ...place } = claim.environment;
  const attempt = { request, destination: { environment: name, ...place }, secretName };
  const begun = await store.beginNext(setup, attempt, { from, replayOf: setup.attempt, audit });
  if (begun !== undefined) return { kind: 'begun', setup: begun };
  // An answer may have been lost on the way: then the attempt that is met is our own.
  const isOurs = await store.isBegunBy({ tenantId, setupId, attempt: setup.attempt + 1 }, audit.requestId);
  return isOurs ? { kind: 'begun', setup: await store.require(setup) } : { kind: 'changed' };
}
