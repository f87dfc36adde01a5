/** What the provider and a caller send to set up the migration of a sample. */
import type { Sample } from '../stack/databases.ts';
import type { Stack } from '../stack/stack.ts';
import { SetupClient } from './setup-client.ts';
import type { EnvironmentPlace } from './setup-client.ts';

/** Makes the body of `PUT …/environments/{environment}` for a sample. */
export function sampleEnvironmentBody({ destination }: Sample): EnvironmentPlace {
  return { ...destination, region: 'westeurope' };
}

/** Registers the environment of a sample, as the provider does; it may be registered already. */
export async function registerEnvironment(stack: Stack, sample: Sample, tenantId = stack.tenantId): Promise<void> {
  const provider = new SetupClient(stack.host.url, tenantId, () => stack.accessToken('operations'));
  const { status, body } = await provider.putEnvironment(sample.environment, sampleEnvironmentBody(sample));
  if (status > 201) throw new Error(`${sample.environment} was not registered: ${status} ${JSON.stringify(body)}`);
}

/**
 * Makes the body of `PUT …/migrationSetups/{setupId}` for a sample. Holds the password of its source.
 * @param runtimeName a runtime to reuse
 */
export function sampleSetupBody({ kind, source, environment }: Sample, runtimeName?: string) {
  const parts = {
    Server: source.server,
    Database: source.database,
    'User ID': source.userName,
    Password: source.password,
    Encrypt: 'True',
  };
  return {
    product: 'DynamicsBCLast',
    source: {
      kind,
      connectionString: Object.entries(parts)
        .map(([keyword, value]) => `${keyword}=${value}`)
        .join(';'),
      ...(runtimeName === undefined ? {} : { runtimeName }),
    },
    destination: { environment },
  };
}
