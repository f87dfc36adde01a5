/** What a caller sends to set up the migration of a sample. */
import type { Sample } from '../stack/databases.ts';

/**
 * Makes the body of `PUT /api/migrationSetups/{setupId}` for a sample. Holds the password of its source.
 * @param runtimeName a runtime to reuse
 */
export function sampleSetupBody({ kind, source, destination }: Sample, runtimeName?: string) {
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
    destination: { environment: 'Production', ...destination },
  };
}
