import type { HttpsAnswer } from '../endpoint/https-endpoint.ts';
import { KeyVaultError } from './errors.ts';
import type { DeletedSecret, SecretVersion } from './secret-store.ts';

// https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
const RETENTION_DAYS = 90;
const RETENTION_SECONDS = RETENTION_DAYS * 24 * 60 * 60;

// https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets/get-secrets#uri-parameters
const LARGEST_PAGE = 25;

/** A secret as the service shows it, without its value; its id names the version, except in a list of secrets. */
export function describeSecret(id: string, { contentType, tags, attributes, created }: SecretVersion) {
  return {
    id,
    contentType,
    tags,
    attributes: {
      enabled: true,
      ...attributes,
      created,
      updated: created,
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: RETENTION_DAYS,
    },
  };
}

/** A deleted secret as the service shows it. */
export function describeDeleted(id: string, recoveryId: string, { versions, deletedDate }: DeletedSecret) {
  return {
    ...describeSecret(id, versions[0]),
    recoveryId,
    deletedDate,
    scheduledPurgeDate: deletedDate + RETENTION_SECONDS,
  };
}

/**
 * The page of a list that `maxresults` and `$skiptoken` of the request ask for, ordered by id.
 * The token is the last id already given, so what is added or deleted meanwhile moves no other item.
 */
export function pageOf(items: readonly { readonly id: string }[], url: URL): HttpsAnswer {
  const size = Number(url.searchParams.get('maxresults') ?? LARGEST_PAGE);
  if (!Number.isInteger(size) || size < 1 || size > LARGEST_PAGE)
    throw new KeyVaultError(400, 'BadParameter', `maxresults must be from 1 to ${LARGEST_PAGE}.`);
  const last = url.searchParams.get('$skiptoken') ?? '';
  const rest = items.filter(({ id }) => id > last).sort((a, b) => (a.id < b.id ? -1 : 1));
  const value = rest.slice(0, size);
  return {
    status: 200,
    body: { value, nextLink: rest.length > size ? linkAfter(value.at(-1)?.id ?? last, url) : null },
  };
}

function linkAfter(id: string, url: URL): string {
  const next = new URL(url);
  next.searchParams.set('$skiptoken', id);
  return next.href;
}
