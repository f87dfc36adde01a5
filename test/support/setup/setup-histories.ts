import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setupInput, successfulWorld } from './setup-world.ts';
import { TaskHub } from '../durable/task-hub.ts';

/** The orchestrations of the product with stand-ins for their activities. */
export const setupApp = path.join(import.meta.dirname, '../fixtures/setup-app');

/** The setup of which the histories tell. */
export const recordedSetup = 'tenant.contoso.1';

const RUNTIME_COMES_AFTER_MILLISECONDS = 600_000;

/** Runs a setup, and writes into a directory what it leaves: half done, waiting for its runtime, and at its end. */
export async function recordSetupHistories(directory: string): Promise<void> {
  const runtime = { online: false, nodes: [{ name: 'node-1', version: '5.0' }] };
  const { activities } = successfulWorld({ getRuntimeStatus: () => runtime });
  const hub = await TaskHub.open({ appDirectory: setupApp, activities });
  const write = (file: string): Promise<void> =>
    writeFile(path.join(directory, file), `${JSON.stringify(hub.histories(), null, 2)}\n`);
  try {
    await hub.start('setup', setupInput, recordedSetup);
    await hub.advance(RUNTIME_COMES_AFTER_MILLISECONDS);
    await write('waiting-for-runtime.json');
    runtime.online = true;
    await hub.untilEnd(recordedSetup);
    await write('ready.json');
  } finally {
    await hub.close();
  }
}
