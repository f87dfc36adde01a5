/** Puts together what is deployed, and nothing else, in `publish/`: the build, its packages and what the host reads. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const target = 'publish';

rmSync(target, { recursive: true, force: true });
for (const name of ['dist', 'host.json', 'package.json', 'package-lock.json']) {
  cpSync(name, join(target, name), { recursive: true });
}
// The npm that runs this, which on Windows is no program that can be started by its name.
const npm = process.env['npm_execpath'] ?? 'npm';
execFileSync(process.execPath, [npm, 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
  cwd: target,
  stdio: 'inherit',
});
rmSync(join(target, 'package-lock.json'));
