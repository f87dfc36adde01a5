/** Cancellations of a setup at a moment that is chosen, for tests and benchmarks. */
import type { ActivityFault } from '../durable/faults.ts';
import type { World } from './world.ts';

/** When a setup is canceled: while an activity runs that is told by its name, or by how many ran before it. */
type Moment = string | number;

/** Cancels a setup while an activity runs, with a fault of that run. Gives the status of the answer. */
export function cancelDuring(world: World, setupId: string, moment: Moment, fault?: ActivityFault): Promise<number> {
  return new Promise((resolve, reject) => {
    let begun = 0;
    world.activityFault = ({ name }) => {
      const isThen = typeof moment === 'string' ? name === moment : begun === moment;
      begun += 1;
      if (!isThen) return undefined;
      world.activityFault = () => undefined;
      world.post(setupId, 'cancel').then(({ status }) => resolve(status), reject);
      return fault;
    };
  });
}
