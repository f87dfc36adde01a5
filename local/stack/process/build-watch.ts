import { watch } from 'node:fs';
import type { Log } from '../../endpoint/endpoint.ts';
import type { FunctionsHostProcess } from '../functions-host.ts';

/** What is restarted when the build changes. */
export interface BuildWatchOptions {
  /** Where the build writes; must exist. */
  readonly folder: string;
  readonly host: Pick<FunctionsHostProcess, 'start' | 'stop'>;
  readonly log: Log;
}

// A build writes its files one after the other.
const QUIET_MS = 300;

/**
 * Starts the host again when the build has changed and nothing more is written for a moment. A build that cannot be run
 * is reported; the next one is tried again. Resolves, after `end` is called, when no restart is under way.
 */
export function restartOnBuild({ folder, host, log }: BuildWatchOptions): { end(): Promise<void> } {
  let restarting = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      restarting = restarting.then(() => restart(host, log));
    }, QUIET_MS);
  });
  return {
    end() {
      watcher.close();
      clearTimeout(timer);
      return restarting;
    },
  };
}

/** Does not reject. */
async function restart(host: BuildWatchOptions['host'], log: Log): Promise<void> {
  log('The build has changed.');
  try {
    await host.stop();
    await host.start();
    log('The app runs from the new build.');
  } catch (error) {
    log(`The new build cannot be run; the next one will be tried. ${String(error)}`);
  }
}
