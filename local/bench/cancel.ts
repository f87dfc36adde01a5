/**
 * Cancels a setup at every activity that it runs, without a fault and with each that the test kit has, and looks at what is
 * left: `npm run bench:cancel`.
 */
import type { ActivityFault } from '../../test/support/durable/faults.ts';
import { cancelDuring } from '../../test/support/world/cancel.ts';
import { violations } from '../../test/support/world/invariants.ts';
import { startWorld } from '../../test/support/world/world.ts';

const faults: readonly (ActivityFault | undefined)[] = [
  undefined,
  'fail before',
  'fail after',
  'kill before',
  'kill after',
  'run twice',
];
const setupId = 'canceled';

const world = await startWorld({ samples: ['AzureSql'], size: 'Small' });
const [sample] = world.endpoints.databases.samples;
if (sample === undefined) throw new Error('There is no sample.');
const begun = performance.now();

/** The activities of a setup that becomes ready, in their order. */
const activities: string[] = [];
world.activityFault = ({ name }) => {
  activities.push(name);
  return undefined;
};
await world.begin(setupId, sample);
await world.until(setupId, 'Ready');
world.activityFault = () => undefined;

let state = 'Ready';
const outcomes = new Map<string, number>();
for (const [index, name] of activities.entries()) {
  for (const fault of faults) {
    const canceling = cancelDuring(world, setupId, index, fault);
    await beginNext();
    ({ state } = await world.until(setupId, 'Canceled', 'Ready', 'Failed'));
    const status = await canceling;
    const left = await violations(world);
    // A cancellation that comes after the last step finds a setup that is ready.
    const isRight = left.length === 0 && (status === 202 ? state === 'Canceled' : state === 'Ready');
    outcomes.set(state, (outcomes.get(state) ?? 0) + 1);
    if (isRight) continue;
    console.error(`at ${name} (${index}), ${fault ?? 'no fault'}: ${status}, ${state}, ${left.join('; ')}`);
    process.exitCode = 1;
  }
  console.log(`${Math.round((performance.now() - begun) / 1_000)} s  ${name}`);
}
console.log(`${activities.length} activities, ${faults.length} ways: ${JSON.stringify(Object.fromEntries(outcomes))}`);
await world.close();
await world.endpoints.stop();
process.exit();

async function beginNext(): Promise<void> {
  if (state !== 'Ready') {
    await world.post(setupId, 'replay', { from: 'FactorySelection' });
    return;
  }
  // What the removal runs is not what is canceled.
  const fault = world.activityFault;
  world.activityFault = () => undefined;
  await world.delete(setupId, { removeSource: 'true' });
  await world.until(setupId, 'Deleted');
  world.activityFault = fault;
  if (sample !== undefined) await world.begin(setupId, sample);
}
