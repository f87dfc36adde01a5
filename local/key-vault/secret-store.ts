import { randomBytes } from 'node:crypto';
import type { Clock } from '../endpoint/clock.ts';
import { KeyVaultError } from './errors.ts';

/** What a client gives to set a secret. Times are seconds since the epoch. */
export interface SecretInput {
  readonly value: string;
  readonly contentType?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly attributes?:
    | { readonly enabled?: boolean | undefined; readonly nbf?: number | undefined; readonly exp?: number | undefined }
    | undefined;
}

/** One version of a secret. */
export interface SecretVersion extends SecretInput {
  readonly version: string;
  /** Seconds since the epoch. */
  readonly created: number;
}

/** All versions of one secret, newest first. */
export type SecretVersions = readonly [SecretVersion, ...SecretVersion[]];

/** A secret that can still be recovered. */
export interface DeletedSecret {
  readonly versions: SecretVersions;
  /** Seconds since the epoch. */
  readonly deletedDate: number;
}

/** The client asks once by itself when it deletes, so that the second meets whoever does not wait. */
const REQUESTS_OF_A_DELETION = 2;

/** The secrets of one vault, with soft delete. Knows nothing of HTTP; refuses with a `KeyVaultError`. */
export class SecretStore {
  readonly #secrets = new Map<string, SecretVersions>();
  readonly #deleted = new Map<string, DeletedSecret>();
  /** How many more requests meet the deletion of a name under way. The service takes seconds for it. */
  readonly #beingDeleted = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a version, also when the value is the same. */
  set(name: string, input: SecretInput): SecretVersion {
    if (this.#meetsDeletion(name))
      throw conflictWithDeletion(`${name} is currently being deleted and cannot be re-created; retry later.`);
    if (this.#deleted.has(name)) throw conflictWithDeleted(name);
    const version = { ...input, version: randomBytes(16).toString('hex'), created: this.#seconds() };
    this.#secrets.set(name, [version, ...(this.#secrets.get(name) ?? [])]);
    return version;
  }

  /** The given version, or the latest. */
  get(name: string, version?: string): SecretVersion {
    const versions = this.versions(name);
    const found = version === undefined ? versions[0] : versions.find((one) => one.version === version);
    if (found === undefined) throw notFound(`${name}/${version}`);
    if (found.attributes?.enabled === false)
      throw new KeyVaultError(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
    return found;
  }

  versions(name: string): SecretVersions {
    const versions = this.#secrets.get(name);
    if (versions === undefined) throw notFound(name);
    return versions;
  }

  /** Every secret by its name. */
  list(): Iterable<[name: string, SecretVersions]> {
    return this.#secrets;
  }

  /** Hides a secret; its name stays taken until it is purged or recovered. */
  delete(name: string): DeletedSecret {
    const deleted = { versions: this.versions(name), deletedDate: this.#seconds() };
    this.#secrets.delete(name);
    this.#deleted.set(name, deleted);
    this.#beingDeleted.set(name, REQUESTS_OF_A_DELETION);
    return deleted;
  }

  /** What is still being deleted is not there yet. */
  getDeleted(name: string): DeletedSecret {
    const deleted = this.#deleted.get(name);
    if (deleted === undefined || this.#meetsDeletion(name)) {
      throw new KeyVaultError(404, 'SecretNotFound', `Deleted Secret not found: ${name}`);
    }
    return deleted;
  }

  /** Every deleted secret by its name. */
  listDeleted(): Iterable<[name: string, DeletedSecret]> {
    return [...this.#deleted].filter(([name]) => !this.#beingDeleted.has(name));
  }

  /** Forgets a deleted secret for good. */
  purge(name: string): void {
    this.#requireDeleted(name);
    this.getDeleted(name);
    this.#deleted.delete(name);
  }

  /** Brings a deleted secret back with all its versions. */
  recover(name: string): SecretVersion {
    this.#requireDeleted(name);
    const { versions } = this.getDeleted(name);
    this.#deleted.delete(name);
    this.#secrets.set(name, versions);
    return versions[0];
  }

  #meetsDeletion(name: string): boolean {
    const left = this.#beingDeleted.get(name);
    if (left === undefined) return false;
    if (left > 1) this.#beingDeleted.set(name, left - 1);
    else this.#beingDeleted.delete(name);
    return true;
  }

  #requireDeleted(name: string): void {
    if (this.#meetsDeletion(name)) throw conflictWithDeletion('is currently being deleted.');
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function notFound(id: string): KeyVaultError {
  const message = `A secret with (name/id) ${id} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.`;
  return new KeyVaultError(404, 'SecretNotFound', message);
}

function conflictWithDeletion(problem: string): KeyVaultError {
  return new KeyVaultError(409, 'Conflict', `Secret ${problem}`, 'ObjectIsBeingDeleted');
}

function conflictWithDeleted(name: string): KeyVaultError {
  const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`;
  return new KeyVaultError(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
}
