/**
 * What a timer does about things of ours that belong to nobody: it reports them, and removes those that it has reported for
 * a day, if a setting says so.
 */
import type { InvocationContext } from '@azure/functions';
import pMap from 'p-map';
import { messageOf } from '../../shared/error-message.ts';
import { factoryPlace } from '../../shared/orphans/factory-place.ts';
import { isRipe, isTooYoung } from '../../shared/orphans/orphan.ts';
import { idOf } from '../../shared/orphans/orphan-book.ts';
import type { ReportedOrphan } from '../../shared/orphans/orphan-book.ts';
import { environmentsPlace, reservationsPlace, stagingPlace, vaultPlace } from '../../shared/orphans/other-places.ts';
import type { FoundOrphan, Place } from '../../shared/orphans/place.ts';
import type { Services } from '../../shared/services.ts';

const AT_ONCE = 4;

/** Looks through every place. One that does not answer is named in the log, and what is reported of it stays as it is. */
export async function sweep(services: Services, log: Pick<InvocationContext, 'warn'>): Promise<void> {
  const factories = services.settings.MIGRATION_FACTORIES;
  const places = [
    ...factories.map((factory) => factoryPlace(services, factory)),
    reservationsPlace(services),
    vaultPlace(services),
    environmentsPlace(services),
    stagingPlace(services),
  ];
  const steps = [
    ...places.map((place) => ({ name: place.name, run: () => sweepPlace(services, place) })),
    // A change of the directory is written down with it; its request may have died before the log knew.
    { name: 'audit of environments', run: () => services.environments.moveAudits() },
  ];
  await pMap(
    steps,
    async ({ name, run }) => {
      try {
        await run();
      } catch (error) {
        log.warn(`The ${name} could not be looked through for what is left behind:`, messageOf(error));
      }
    },
    { concurrency: AT_ONCE },
  );
}

async function sweepPlace(services: Services, place: Place): Promise<void> {
  const { orphans, clock } = services;
  const reported = new Map((await orphans.ofPlace(place.name)).map((orphan) => [idOf(orphan), orphan]));
  for await (const found of place.find()) {
    if (isTooYoung(found, clock.now())) continue;
    const id = idOf(found);
    await orphans.put(await deal(services, place, found, reported.get(id)));
    reported.delete(id);
  }
  // What is not found any more is no orphan any more; what was removed stays on record.
  for (const orphan of reported.values()) if (orphan.removedAt === undefined) await orphans.forget(orphan);
}

/** Removes an orphan if it is time, and says what is to be written down. */
async function deal(
  { settings, clock }: Services,
  place: Place,
  found: FoundOrphan,
  before: ReportedOrphan | undefined,
): Promise<ReportedOrphan> {
  const now = clock.now();
  // Something of the same name that was removed is another one.
  const firstSeen = before?.removedAt === undefined ? (before?.firstSeen ?? now) : now;
  const { kind, name, reason, since } = found;
  const orphan = { kind, name, reason, since, place: place.name, firstSeen, lastSeen: now };
  if (settings.MIGRATION_SWEEP === 'report' || !isRipe(firstSeen, now)) return orphan;
  try {
    return (await found.remove()) ? { ...orphan, removedAt: now } : orphan;
  } catch (error) {
    return { ...orphan, problem: messageOf(error) };
  }
}
