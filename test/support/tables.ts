import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { createCertificateAuthority, trustCertificateAuthority } from '../../local/stack/certificates.ts';
import type { TlsIdentity, VerifyToken } from '../../local/endpoint/endpoint.ts';
import { startIdentity } from '../../local/identity/server.ts';
import { startStorage } from '../../local/storage/server.ts';

/** Table Storage for the test files of a process. */
export interface Tables {
  /** A client of a table of a new name, which does not exist yet; `policy` sees each of its calls first. */
  table(policy?: PipelinePolicy): TableClient;
  /** Of the blobs beside them. */
  readonly blobUrl: string;
  /** For other endpoints beside it, which a test would otherwise need an authority of its own for. */
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  readonly credential: TokenCredential;
}

let started: Promise<Tables> | undefined;

/** Starts Table Storage, once a process, with which it ends: no two tables have the same name. */
export function startTables(): Promise<Tables> {
  started ??= start();
  return started;
}

async function start(): Promise<Tables> {
  const directory = await mkdtemp(join(tmpdir(), 'tables-test-'));
  const authority = await createCertificateAuthority();
  trustCertificateAuthority(authority.certificate);
  const tls = await authority.issue();
  const identity = await startIdentity({ tls, tenantId: '11111111-1111-4111-8111-111111111111' });
  const storage = await startStorage({ tls, directory });
  const credential: TokenCredential = {
    async getToken(scopes) {
      const token = await identity.getToken(String(scopes).replace('/.default', ''));
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  return {
    table(policy) {
      const name = `t${crypto.randomUUID().replaceAll('-', '')}`;
      const additionalPolicies = policy === undefined ? [] : [{ policy, position: 'perCall' as const }];
      return new TableClient(storage.tableUrl, name, credential, { additionalPolicies });
    },
    blobUrl: storage.blobUrl,
    tls,
    verifyToken: identity.verifyToken,
    credential,
  };
}
