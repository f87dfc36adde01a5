/** What the local endpoints have in common. */

/** Private key and certificate of one endpoint, both PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

/** A running local endpoint. */
export interface Endpoint {
  /** Where clients find it, for example `https://localhost:41001`. */
  readonly url: string;
  readonly port: number;
  /** Closes connections and frees the port; resolves when both are done. */
  stop(): Promise<void>;
}

/** The claims of an access token that endpoints look at. */
export interface TokenClaims {
  readonly subject: string;
  readonly tenantId: string;
  readonly roles: readonly string[];
}

/** Checks signature, issuer, expiry and audience of an access token; rejects with the reason. */
export type VerifyToken = (token: string, audience: string) => Promise<TokenClaims>;

/** Gets an access token for a resource such as `https://vault.azure.net`, as a managed identity does. */
export type GetToken = (resource: string) => Promise<string>;

/** One line about what an endpoint did. Never carries a secret. */
export type Log = (line: string) => void;
