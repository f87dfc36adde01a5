/** The plan of an attempt, as it is kept for people. */
import { planBlob } from '../../shared/factory/names.ts';
import type { BlobPlace } from '../../shared/factory/names.ts';
import { keptTableSchema, LINES_OF_A_PART } from '../../shared/plan/kept-plan.ts';
import type { KeptTable } from '../../shared/plan/kept-plan.ts';
import type { Services } from '../../shared/services.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { findAttempt } from './find-attempt.ts';
import { findSetup } from './find-setup.ts';

/** The plan of the attempt of the route. @throws {ApiError} those of `findAttempt` */
export async function planOf(
  call: TenantCall,
): Promise<{ readonly setup: SetupRecord; readonly tablesFrom: (part: number) => AsyncIterable<KeptTable> }> {
  const attempt = await findAttempt(call);
  const setup = await findSetup(call);
  return { setup, tablesFrom: (part) => keptPlan(call.services, setup, attempt, part) };
}

/** More than any source has: a machine of the tenant can write where plans are kept. */
const MOST_TABLES = 1_000_000;

/** Tables of a plan, from a part on; none if there is none. */
export async function* keptPlan(
  services: Services,
  setup: Pick<SetupRecord, 'key' | 'destination'>,
  attempt: AttemptId,
  part = 0,
): AsyncGenerator<KeptTable> {
  const blob = await keptPlanBlob(services, setup, attempt);
  if (blob === undefined) return;
  const { key, destination } = setup;
  let count = 0;
  const from = { number: part, valuesBefore: part * LINES_OF_A_PART };
  for await (const line of services.staging.read(destination.region, key, blob, from)) {
    count += 1;
    if (count > MOST_TABLES) throw new Error(`The plan that is kept for ${key} has more than ${MOST_TABLES} tables`);
    yield keptTableSchema.parse(line);
  }
}

/**
 * Where the plan of an attempt is kept; undefined if there is none. One that took its checks over has their plan until it has made
 * its own.
 */
export async function keptPlanBlob(
  { staging, findings }: Services,
  { key, destination }: Pick<SetupRecord, 'key' | 'destination'>,
  attempt: AttemptId,
): Promise<BlobPlace | undefined> {
  for (const number of [attempt.attempt, await findings.originOf(attempt, 'check')]) {
    if (await staging.has(destination.region, key, planBlob(number))) return planBlob(number);
  }
  return undefined;
}
