import { rmSync } from 'node:fs';

/**
 * Loaded into every child process ahead of its program, as `end-with-parent.ts?directory=…`: the child ends when its
 * parent is gone, however that ended, and takes their common directory along. The last child leaves nothing.
 */
const directory = new URL(import.meta.url).searchParams.get('directory');

process.once('disconnect', () => {
  if (directory !== null) rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  process.exit();
});

// A program that listens for messages would be kept alive by the channel when it has finished.
process.once('SIGTERM', () => process.channel?.unref());
