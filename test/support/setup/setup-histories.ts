import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { answers, setupInput, successfulWorld } from './setup-world.ts';
import { TaskHub } from '../durable/task-hub.ts';

/** The orchestrations of the product with stand-ins for their activities. */
export const setupApp = path.join(import.meta.dirname, '../fixtures/setup-app');

/** The setup of which the histories tell. */
export const recordedSetup = 'tenant.contoso.1';

const RUNTIME_COMES_AFTER_MILLISECONDS = 600_000;

/** Runs a setup, and writes into a directory what it leaves: half done, waiting for its runtime, and at its end. */
export async function recordSetupHistories(directory: string): Promise<void> {
  const { activities } = successfulWorld();
  const hub = await TaskHub.open({ appDirectory: setupApp, activities });
  const write = (file: string): Promise<void> =>
    writeFile(path.join(directory, file), `${JSON.stringify(hub.histories(), null, 2)}\n`);
  try {
    await hub.start('setup', setupInput, recordedSetup);
    await hub.advance(RUNTIME_COMES_AFTER_MILLISECONDS);
    await write('waiting-for-runtime.json');
    await answerWaits(hub);
    await hub.untilEnd(recordedSetup);
    await write('ready.json');
  } finally {
    await hub.close();
  }
}

/** Ends every wait of the recorded setup with success, one after the other. */
export async function answerWaits(hub: TaskHub): Promise<void> {
  for (const [eventName, part] of [
    ['runtime', 'runtimeRegistration'],
    ['assess', 'preparation'],
    ['install', 'preparation'],
  ] as const) {
    await hub.settle();
    await hub.raiseEvent(`${recordedSetup}.${part}`, eventName, answers[eventName]);
  }
}
