/** The passwords of source databases, in Key Vault. Nothing else of this service holds one. */
import type { SecretClient } from '@azure/keyvault-secrets';
import { unlessMissing } from './rest-errors.ts';

export class Secrets {
  readonly #vault: SecretClient;

  constructor(vault: SecretClient) {
    this.#vault = vault;
  }

  /** Stores a secret as a new version. @returns the version */
  async put(name: string, value: string): Promise<string> {
    const { properties } = await this.#vault.setSecret(name, value);
    if (properties.version === undefined) throw new Error(`Key Vault stored ${name} without a version`);
    return properties.version;
  }

  /** Reads a version of a secret; undefined if there is none. */
  async get(name: string, version: string): Promise<string | undefined> {
    const secret = await unlessMissing(() => this.#vault.getSecret(name, { version }));
    return secret?.value;
  }
}
