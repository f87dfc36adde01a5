import type { HostKind } from '../../local/stack/functions-host.ts';

/** What runs the app in the integration tests: the local host, or with `TEST_HOST=func` Azure Functions Core Tools. */
export const hostKind = readHostKind(process.env['TEST_HOST'] ?? 'local');

function readHostKind(name: string): HostKind {
  if (name === 'local' || name === 'func') return name;
  throw new Error(`TEST_HOST is 'local' or 'func', not '${name}'.`);
}
