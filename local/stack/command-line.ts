import { parseArgs } from 'node:util';
import type { HostKind } from './functions-host.ts';

/** How the stack is to be started from a command line. */
export interface CommandLine {
  readonly hostKind: HostKind;
  /** Of the app; 0 is a free one. */
  readonly port: number;
}

const HELP = `Options:
  --host local|func  what runs the app: the host of this repository, or Azure Functions Core Tools (default: local)
  --port NUMBER      where the app answers, 0 for a free port (default: `;

/** Reads the options; undefined, after an explanation, when `--help` is among them. Throws when they cannot be read. */
export function readCommandLine(args: readonly string[], defaultPort: number): CommandLine | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      host: { type: 'string', default: 'local' },
      port: { type: 'string', default: String(defaultPort) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}${defaultPort})\n`);
    return undefined;
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port is a number up to 65535, not '${values.port}'.`);
  if (values.host === 'local' || values.host === 'func') return { hostKind: values.host, port };
  throw new Error(`--host is 'local' or 'func', not '${values.host}'.`);
}
