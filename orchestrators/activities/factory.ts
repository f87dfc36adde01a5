import { messageOf } from '../../shared/error-message.ts';
import { rankFactories } from '../../shared/factory/placement.ts';
import { dataOf } from '../../shared/setup/milestone-data.ts';
import { isThrottled } from '../../shared/rest-errors.ts';
import type { Implementation } from './implementation.ts';

export const probeFactory: Implementation<'probeFactory'> = async ({ factory, runtimeName }, { factories }) => {
  try {
    const [load, runtime] = await Promise.all([
      factories.load(factory),
      runtimeName === undefined ? undefined : factories.runtime(factory, runtimeName),
    ]);
    const reuse = runtimeName === undefined ? {} : { hasRuntime: runtime !== undefined };
    return { factory, load: { reachable: true, ...load, ...reuse } };
  } catch (error) {
    // What is throttled is asked again: its subscription answers nobody for a while, and nothing is wrong with the factory.
    if (isThrottled(error)) throw error;
    // A factory that does not answer is a reason not to choose it, and no reason to stop.
    return { factory, load: { reachable: false, reason: `does not answer: ${messageOf(error)}` } };
  }
};

export const reserveFactory: Implementation<'reserveFactory'> = async (
  { measurements, ...subject },
  { reservations, store },
) => {
  // A late repetition must not choose again: the place may have been given back since.
  const own = (await store.milestonesOf(subject)).filter(({ origin }) => origin === subject.attempt);
  const chosen = dataOf(own, 'factorySelected');
  if (chosen !== undefined) return chosen;
  for (;;) {
    const counted = await Promise.all(
      measurements.map(async (measurement) => ({
        measurement,
        count: await reservations.read(measurement.factory, subject),
      })),
    );
    const ranking = rankFactories(
      counted.map(({ measurement, count }) => ({
        ...measurement,
        reservations: count.reservations - Number(count.own),
      })),
    );
    const candidates = ranking.map(({ candidate }) => candidate);
    const best = ranking.find(({ candidate }) => candidate.eligible);
    const place =
      counted.find(({ count }) => count.own) ??
      counted.find(({ measurement }) => measurement.factory === best?.factory);
    if (place === undefined) return { candidates };
    const { factory } = place.measurement;
    if (!(await reservations.reserve(factory, subject, place.count))) continue;
    // The attempt may have given everything back while this was under way.
    if (!(await reservations.isSpent(subject))) return { factory, candidates };
    await reservations.release(factory, subject);
    return { stopped: 'superseded' };
  }
};

export const releaseFactory: Implementation<'releaseFactory'> = async ({ factories, ...subject }, { reservations }) => {
  await reservations.spend(subject);
  await Promise.all(factories.map((factory) => reservations.release(factory, subject)));
  return null;
};
