import { messageOf } from '../../shared/error-message.ts';
import { rankFactories } from '../../shared/factory/placement.ts';
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
    // A factory that does not answer is a reason not to choose it, and no reason to stop.
    return { factory, load: { reachable: false, reason: `does not answer: ${messageOf(error)}` } };
  }
};

export const reserveFactory: Implementation<'reserveFactory'> = async ({ key, measurements }, { reservations }) => {
  for (;;) {
    const counted = await Promise.all(
      measurements.map(async (measurement) => ({
        measurement,
        count: await reservations.read(measurement.factory, key),
      })),
    );
    const ranking = rankFactories(
      counted.map(({ measurement, count }) => ({
        ...measurement,
        reservations: count.reservations - Number(count.own),
      })),
    );
    const candidates = ranking.map(({ candidate }) => candidate);
    const held = counted.find(({ count }) => count.own);
    if (held !== undefined) return { factory: held.measurement.factory, candidates };

    const best = ranking[0];
    if (best === undefined || !best.candidate.eligible) return { candidates };
    const chosen = counted.find(({ measurement }) => measurement.factory === best.factory);
    if (chosen !== undefined && (await reservations.reserve(best.factory, key, chosen.count))) {
      return { factory: best.factory, candidates };
    }
  }
};

export const releaseFactory: Implementation<'releaseFactory'> = async ({ key, factories }, { reservations }) => {
  await Promise.all(factories.map((factory) => reservations.release(factory, key)));
  return null;
};
