/** How near a factory is to its limits, and what is told of that. Pure. */
import { z } from 'zod';
import type { CloudEvent } from '../cloud-event-message.ts';
import { isStale } from './entity-reading.ts';
import { expectedEntities, MAXIMUM_ACTIVE_RUNS, MAXIMUM_ENTITIES } from './placement.ts';
import type { KnownFactory } from './placement.ts';

/** From this share of a limit on, somebody should know. */
const WARNED_SHARE = 0.8;
/** Below this share it is over: a factory that goes up and down by a few entities is not told of again and again. */
const RELIEVED_SHARE = 0.75;

export const quotaNames = ['entities', 'activeRuns'] as const;
export type QuotaName = (typeof quotaNames)[number];

/** How much of a limit is used. */
export interface Quota {
  readonly used: number;
  readonly limit: number;
  readonly left: number;
}

/** How near a factory is to its limits; the places that setups hold count as entities. */
export function quotasOf(known: KnownFactory): Readonly<Record<QuotaName, Quota>> {
  const quota = (used: number, limit: number): Quota => ({ used, limit, left: Math.max(0, limit - used) });
  return {
    entities: quota(expectedEntities(known), MAXIMUM_ENTITIES),
    activeRuns: quota(known.activeRuns, MAXIMUM_ACTIVE_RUNS),
  };
}

/** Which limits are nearly reached, in words. */
export function quotaWarnings(known: KnownFactory): string[] {
  return Object.entries(quotasOf(known))
    .filter(([, quota]) => shareOf(quota) >= WARNED_SHARE)
    .map(([name, quota]) => `${name}: ${percentOf(quota)} % of ${quota.limit} are used`);
}

const MINUTE_MS = 60_000;
/** By the share of the limit from which on it holds, how old a count of entities may become. */
const countedEvery = [
  { share: WARNED_SHARE, ms: 10 * MINUTE_MS },
  { share: 0.5, ms: 60 * MINUTE_MS },
  { share: 0, ms: 360 * MINUTE_MS },
];

/**
 * Whether the entities of a factory are to be counted again: the more often, the nearer it is to its limit. In between the book
 * counts what setups bring in; what they take away again, and what others do, it learns by the next count. Not as long as Azure
 * Monitor says how many there are, but near the limit: how old the number itself is nobody promises.
 */
export function isCountDue(
  known: KnownFactory & { readonly countedAt: Date | undefined; readonly readingAt: Date | undefined },
  now: Date,
): boolean {
  const { countedAt, readingAt } = known;
  if (countedAt === undefined) return true;
  const share = shareOf(quotasOf(known).entities);
  if (share < WARNED_SHARE && readingAt !== undefined && !isStale(readingAt, now)) return false;
  const period = countedEvery.find((one) => share >= one.share)?.ms ?? 0;
  // The timer that asks comes about every ten minutes.
  return now.getTime() - countedAt.getTime() > period - MINUTE_MS;
}

/** For each limit: how often it was nearly reached, whether it is, and whether that was told. */
export const quotaAlertsSchema = z.partialRecord(
  z.enum(quotaNames),
  z.object({ times: z.int(), isNear: z.boolean(), isTold: z.boolean() }),
);
export type QuotaAlerts = z.infer<typeof quotaAlertsSchema>;

/** The alerts of a factory that was counted again. */
export function alertsAfter(before: QuotaAlerts, known: KnownFactory): QuotaAlerts {
  const quotas = quotasOf(known);
  const alerts = quotaNames.map((name) => {
    const { times, isNear, isTold } = before[name] ?? { times: 0, isNear: false, isTold: true };
    const share = shareOf(quotas[name]);
    if (!isNear && share >= WARNED_SHARE) return [name, { times: times + 1, isNear: true, isTold: false }];
    const staysNear = isNear && share >= RELIEVED_SHARE;
    return [name, { times, isNear: staysNear, isTold: isTold || !staysNear }];
  });
  return quotaAlertsSchema.parse(Object.fromEntries(alerts));
}

const TYPE = 'com.bcmigration.factory.quota-nearly-reached.v1';

/**
 * The event that tells of a limit that is nearly reached. Told again, it has the same id.
 * @param source the service that speaks, an absolute URI
 * @param times how often the limit was nearly reached, this time included
 */
export function quotaEvent(
  source: string,
  { factory, measuredAt }: KnownFactory & { readonly measuredAt: Date },
  name: QuotaName,
  quota: Quota,
  times: number,
): CloudEvent {
  const { name: factoryName, region } = factory;
  const percent = percentOf(quota);
  return {
    specversion: '1.0',
    id: `factories.${factoryName}:${name}:${times}`,
    source,
    type: TYPE,
    subject: `factories/${factoryName}`,
    time: measuredAt.toISOString(),
    datacontenttype: 'application/json',
    data: {
      factory: { name: factoryName, ...(region === undefined ? {} : { region }) },
      quota: name,
      ...quota,
      percent,
    },
  };
}

function shareOf({ used, limit }: Quota): number {
  return used / limit;
}

function percentOf(quota: Quota): number {
  return Math.floor(100 * shareOf(quota));
}
