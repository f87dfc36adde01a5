import { spawnSync } from 'node:child_process';

/** Builds the app of a folder by its own script. Throws when that fails; the script has said why. */
export function buildApp(appDirectory: string): void {
  // On Windows npm is a .cmd file, which only a shell runs.
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], { cwd: appDirectory, stdio: 'inherit', shell });
  if (status !== 0) throw new Error('The app cannot be built, for the reason in the lines before.');
}
