/** The passwords of source databases, in Key Vault. Nothing else of this service holds one. */
import type { SecretClient } from '@azure/keyvault-secrets';
import { unlessMissing } from './rest-errors.ts';

export class Secrets {
  readonly #vault: SecretClient;

  constructor(vault: SecretClient) {
    this.#vault = vault;
  }

  /** Stores a secret, as a new version if one of that name exists. */
  async put(name: string, value: string): Promise<void> {
    await this.#vault.setSecret(name, value);
  }

  /** Reads the newest version of a secret; undefined if there is none. */
  async get(name: string): Promise<string | undefined> {
    const secret = await unlessMissing(() => this.#vault.getSecret(name));
    return secret?.value;
  }
}
