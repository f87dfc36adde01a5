/**
 * What the templates come to, by Microsoft's compiler: `npm run snapshots` writes it anew after a change, `npm run snapshots validate`
 * says what has changed since. BICEP names the compiler where it is not on the path.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { hashOfSources } from './sources.ts';

const mode = process.argv[2] ?? 'overwrite';

// Of nobody; names of resources come from them.
const scope =
  '--tenant-id 22222222-2222-4222-8222-222222222222 --subscription-id 33333333-3333-4333-8333-333333333333 --location westeurope';
for (const name of ['public', 'private', 'scheduler']) {
  const file = `infra/snapshots/${name}.bicepparam`;
  execFileSync(process.env['BICEP'] ?? 'bicep', ['snapshot', file, '--mode', mode, ...scope.split(' ')], {
    stdio: 'inherit',
  });
}
// By it a test without the compiler sees that they are not of these templates.
if (mode === 'overwrite') writeFileSync('infra/snapshots/sources.sha256', `${hashOfSources()}\n`);
