/** One host with everything around it, each in its process, for figures that are times. */
import { SetupClient } from '../../demo/setup-client.ts';
import type { SourceKind } from '../../stack/databases.ts';
import { startStack } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export interface OneHost {
  readonly stack: Stack;
  /** Calls as the provisioning system, with a token that it has already. */
  readonly client: SetupClient;
}

interface HostOptions {
  readonly samples?: readonly [SourceKind, ...SourceKind[]];
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/** Runs the built app for as long as `work` takes. */
export async function withHost<Result>(
  options: HostOptions,
  work: (host: OneHost) => Promise<Result>,
): Promise<Result> {
  const stack = await startStack({ ...options, appDirectory: process.cwd() });
  try {
    const token = await stack.accessToken('provisioning');
    const client = new SetupClient(stack.host.url, stack.tenantId, () => Promise.resolve(token));
    return await work({ stack, client });
  } finally {
    await stack.stop();
  }
}
