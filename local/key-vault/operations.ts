import { z } from 'zod';
import type { HttpsAnswer, HttpsRequest } from '../endpoint/https-endpoint.ts';
import { describeDeleted, describeSecret, pageOf } from './documents.ts';
import { KeyVaultError } from './errors.ts';
import type { DeletedSecret, SecretInput, SecretStore, SecretVersion } from './secret-store.ts';

/** https://learn.microsoft.com/azure/key-vault/general/assign-access-policy, secret permissions */
export type SecretPermission = 'get' | 'list' | 'set' | 'delete' | 'recover' | 'purge';

/** What an operation works on. */
export interface OperationContext {
  readonly store: SecretStore;
  readonly vaultUrl: string;
  readonly request: HttpsRequest;
}

/** An operation that a request asks for, and what its caller must be allowed to do. */
export interface Operation {
  readonly permission: SecretPermission;
  readonly run: () => HttpsAnswer;
}

type Run = (context: OperationContext, name: string, version: string | undefined) => HttpsAnswer;

/** The supported part of https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups */
const OPERATIONS: readonly (readonly [method: string, path: RegExp, permission: SecretPermission, run: Run])[] = [
  ['PUT', /^\/secrets\/([^/]+)$/, 'set', setSecret],
  ['GET', /^\/secrets$/, 'list', listSecrets],
  ['GET', /^\/secrets\/([^/]+)\/versions$/, 'list', listVersions],
  ['GET', /^\/secrets\/([^/]+)(?:\/([^/]+))?$/, 'get', getSecret],
  ['DELETE', /^\/secrets\/([^/]+)$/, 'delete', deleteSecret],
  ['GET', /^\/deletedsecrets$/, 'list', listDeletedSecrets],
  ['GET', /^\/deletedsecrets\/([^/]+)$/, 'get', getDeletedSecret],
  ['DELETE', /^\/deletedsecrets\/([^/]+)$/, 'purge', purgeSecret],
  ['POST', /^\/deletedsecrets\/([^/]+)\/recover$/, 'recover', recoverSecret],
];

// https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers
const NAME = /^[0-9a-zA-Z-]{1,127}$/;
// https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
const LARGEST_VALUE_BYTES = 25 * 1024;

const secretInput = z.strictObject({
  value: z.string().refine((value) => Buffer.byteLength(value) <= LARGEST_VALUE_BYTES, 'has more than 25k bytes'),
  contentType: z.string().max(255).optional(),
  tags: z.record(z.string().max(256), z.string().max(256)).optional(),
  attributes: z
    .strictObject({ enabled: z.boolean().optional(), nbf: z.int().optional(), exp: z.int().optional() })
    .optional(),
});

/** Refuses what the local vault does not offer. */
export function findOperation(context: OperationContext): Operation {
  const { method, url } = context.request;
  const pathname = url.pathname.replace(/\/$/, '');
  for (const [operationMethod, path, permission, run] of OPERATIONS) {
    const match = method === operationMethod && path.exec(pathname);
    if (!match) continue;
    const [, name = '', version] = match;
    return { permission, run: () => run(context, name, version) };
  }
  throw new KeyVaultError(501, 'NotImplemented', `The local Key Vault does not support ${method} ${pathname}.`);
}

function setSecret({ store, vaultUrl, request }: OperationContext, name: string): HttpsAnswer {
  if (!NAME.test(name))
    throw badParameter(
      `The request URI contains an invalid name: ${name}. A name has 1 to 127 of 0-9, a-z, A-Z, and -.`,
    );
  return showSecret(vaultUrl, name, store.set(name, parseInput(request.body)));
}

/** What is wrong is named by its path alone, so that no value is repeated in an error. */
function parseInput(body: string): SecretInput {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badParameter('The request body is not JSON.');
  }
  const { success, data, error } = secretInput.safeParse(json);
  if (success) return data;
  throw badParameter(`Property ${error.issues.map((issue) => issue.path.join('.')).join(', ')} has invalid value.`);
}

function badParameter(message: string): KeyVaultError {
  return new KeyVaultError(400, 'BadParameter', message);
}

function getSecret({ store, vaultUrl }: OperationContext, name: string, version: string | undefined): HttpsAnswer {
  return showSecret(vaultUrl, name, store.get(name, version));
}

function showSecret(vaultUrl: string, name: string, secret: SecretVersion): HttpsAnswer {
  const { version, value } = secret;
  return { status: 200, body: { ...describeSecret(idOf(vaultUrl, name, version), secret), value } };
}

function idOf(vaultUrl: string, ...nameAndVersion: string[]): string {
  return [vaultUrl, 'secrets', ...nameAndVersion].join('/');
}

function recoveryIdOf(vaultUrl: string, name: string): string {
  return [vaultUrl, 'deletedsecrets', name].join('/');
}

function listSecrets({ store, vaultUrl, request }: OperationContext): HttpsAnswer {
  const items = [...store.list()].map(([name, [latest]]) => describeSecret(idOf(vaultUrl, name), latest));
  return pageOf(items, request.url);
}

function listVersions({ store, vaultUrl, request }: OperationContext, name: string): HttpsAnswer {
  const items = store.versions(name).map((secret) => describeSecret(idOf(vaultUrl, name, secret.version), secret));
  return pageOf(items, request.url);
}

function deleteSecret({ store, vaultUrl }: OperationContext, name: string): HttpsAnswer {
  return showDeleted(vaultUrl, name, store.delete(name));
}

function getDeletedSecret({ store, vaultUrl }: OperationContext, name: string): HttpsAnswer {
  return showDeleted(vaultUrl, name, store.getDeleted(name));
}

function showDeleted(vaultUrl: string, name: string, deleted: DeletedSecret): HttpsAnswer {
  const id = idOf(vaultUrl, name, deleted.versions[0].version);
  return { status: 200, body: describeDeleted(id, recoveryIdOf(vaultUrl, name), deleted) };
}

function listDeletedSecrets({ store, vaultUrl, request }: OperationContext): HttpsAnswer {
  const items = [...store.listDeleted()].map(([name, deleted]) =>
    describeDeleted(idOf(vaultUrl, name), recoveryIdOf(vaultUrl, name), deleted),
  );
  return pageOf(items, request.url);
}

function purgeSecret({ store }: OperationContext, name: string): HttpsAnswer {
  store.purge(name);
  return { status: 204 };
}

function recoverSecret({ store, vaultUrl }: OperationContext, name: string): HttpsAnswer {
  const secret = store.recover(name);
  return { status: 200, body: describeSecret(idOf(vaultUrl, name, secret.version), secret) };
}
