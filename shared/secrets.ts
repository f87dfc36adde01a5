/** The passwords of source databases, in Key Vault. Only the app reads it; each secret belongs to one setup. */
import { randomBytes } from 'node:crypto';
import type { SecretClient } from '@azure/keyvault-secrets';
import { refusalOf, unlessForbidden, unlessMissing } from './requests/rest-errors.ts';
import type { AttemptId } from './setup/setup.ts';

/** Whose a secret is. */
export type SecretOwner = Pick<AttemptId, 'tenantId' | 'setupId'>;

/** A secret without its value. */
export interface StoredSecret {
  readonly name: string;
  readonly createdAt: Date | undefined;
  /** As its tags say; undefined if somebody took them away. */
  readonly owner: SecretOwner | undefined;
}

/** Whether a secret can be used, and until when. */
export interface SecretState {
  readonly isEnabled: boolean;
  readonly expiresOn: Date | undefined;
}

/**
 * The vault lets the service not do something: its firewall, a role that is missing, or a secret that was disabled. It stays so
 * until an operator changes it. The message names no identity and no vault.
 */
export class VaultRefused extends Error {}

/** @throws {VaultRefused} */
async function admitted<T>(deed: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    throw new VaultRefused(`Key Vault does not let the service ${deed} (${reason}).`, { cause: error });
  }
}

const PREFIX = 'mig-';
// The service deletes within seconds.
const POLL_MS = 500;
const DELETION_MS = 30_000;

/**
 * A new name for the secret of a setup. A name is used once: one that was deleted stays taken until it is purged, and a
 * row that names a secret never finds another one.
 */
export function newSecretName(key: string): string {
  return `${PREFIX}${key}-${randomBytes(4).toString('hex')}`;
}

export class Secrets {
  readonly #vault: SecretClient;

  constructor(vault: SecretClient) {
    this.#vault = vault;
  }

  /** Stores a secret under a name of `newSecretName`. After an error it may be stored all the same. @throws {VaultRefused} */
  async put(name: string, value: string, { tenantId, setupId }: SecretOwner): Promise<void> {
    await admitted('keep a password', () => this.#vault.setSecret(name, value, { tags: { tenantId, setupId } }));
  }

  /** Reads a secret; undefined if there is none, or it was deleted. @throws {VaultRefused} */
  async get(name: string): Promise<string | undefined> {
    const secret = await admitted('read a password', () => unlessMissing(() => this.#vault.getSecret(name)));
    return secret?.value;
  }

  /** How the newest version of a secret is, without its value; undefined if there is none, or it was deleted. @throws {VaultRefused} */
  async stateOf(name: string): Promise<SecretState | undefined> {
    const versions = await admitted('look at a password', () =>
      unlessMissing(() =>
        Array.fromAsync(this.#vault.listPropertiesOfSecretVersions(name), ({ enabled, createdOn, expiresOn }) => ({
          isEnabled: enabled ?? true,
          createdOn: createdOn?.getTime() ?? 0,
          expiresOn,
        })),
      ),
    );
    return versions?.toSorted((one, other) => other.createdOn - one.createdOn)[0];
  }

  /**
   * Deletes a secret whole; it may be gone already. Takes some seconds, because a vault purges only what it has
   * finished deleting. Where it may not be purged, it stays recoverable for as long as the vault is set to.
   * @throws {VaultRefused}
   * @throws {RestError | AbortError} if the vault does not answer, or not in time; the call can be repeated
   */
  async delete(name: string): Promise<void> {
    await admitted('delete a password', async () => {
      const deletion = await unlessMissing(() => this.#vault.beginDeleteSecret(name, { intervalInMs: POLL_MS }));
      await deletion?.pollUntilDone({ abortSignal: AbortSignal.timeout(DELETION_MS) });
    });
    await unlessForbidden(() => unlessMissing(() => this.#vault.purgeDeletedSecret(name)));
  }

  /** Lists our secrets, not those that were deleted. */
  async *names(): AsyncGenerator<StoredSecret> {
    for await (const { name, createdOn, tags } of this.#vault.listPropertiesOfSecrets()) {
      if (!name.startsWith(PREFIX)) continue;
      const { tenantId, setupId } = tags ?? {};
      const owner = tenantId === undefined || setupId === undefined ? undefined : { tenantId, setupId };
      yield { name, createdAt: createdOn, owner };
    }
  }
}
