import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { GetToken, TlsIdentity, VerifyToken } from '../../local/endpoint/endpoint.ts';
import { sharedIdentity, sharedStorage } from './shared-endpoints.ts';

/** Table Storage for the test files of a process: no two tables have the same name. */
export interface Tables {
  /** A client of a table of a new name, which does not exist yet; `policy` sees each of its calls first. */
  table(policy?: PipelinePolicy): TableClient;
  /** Of the blobs beside them. */
  readonly blobUrl: string;
  /** For other endpoints beside it, which a test would otherwise need an authority of its own for. */
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  readonly getToken: GetToken;
  readonly credential: TokenCredential;
}

/** Starts it, if no file of this process has. */
export async function startTables(): Promise<Tables> {
  const [{ tls, identity, credential }, storage] = await Promise.all([sharedIdentity(), sharedStorage()]);
  return {
    table(policy) {
      const name = `t${crypto.randomUUID().replaceAll('-', '')}`;
      const additionalPolicies = policy === undefined ? [] : [{ policy, position: 'perCall' as const }];
      return new TableClient(storage.tableUrl, name, credential, { additionalPolicies });
    },
    blobUrl: storage.blobUrl,
    tls,
    verifyToken: identity.verifyToken,
    getToken: identity.getToken,
    credential,
  };
}
