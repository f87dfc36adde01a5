import { parseArgs } from 'node:util';

/** What runs the app: the host of this repository, or Azure Functions Core Tools. */
export type HostKind = 'local' | 'func';

/** Reads `--host` from the command line. Throws when it names neither, or when there is anything else. */
export function hostKindOf(args: readonly string[]): HostKind {
  const { values } = parseArgs({ args: [...args], options: { host: { type: 'string', default: 'local' } } });
  if (values.host === 'local' || values.host === 'func') return values.host;
  throw new Error(`--host is 'local' or 'func', not '${values.host}'.`);
}
