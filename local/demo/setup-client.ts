/** A client of the app's HTTP API, as a tenant provisioning system would write it. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

const apiVersion = '2026-11-01';

/** What the API answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** An operation has a status, a replication run a state. */
const followedSchema = z.union([
  z.object({ status: z.string() }).transform(({ status }) => status),
  z.object({ state: z.string() }).transform(({ state }) => state),
]);

const CHECK_EVERY_MS = 1_000;

/** Statuses in which they stay. */
const ENDED: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Canceled', 'Completed']);

/** Where an environment is. */
export interface EnvironmentPlace {
  readonly server: string;
  readonly database: string;
  readonly region: string;
}

export class SetupClient {
  readonly #url: string;
  readonly #tenantId: string;
  readonly #token: () => Promise<string>;

  /**
   * @param url of the function app, without `/api`
   * @param tenantId the tenant for which it asks
   * @param token gives an access token for the API
   */
  constructor(url: string, tenantId: string, token: () => Promise<string>) {
    this.#url = url;
    this.#tenantId = tenantId;
    this.#token = token;
  }

  /** Registers an environment of the tenant, or changes where it is; for the provider only. */
  putEnvironment(name: string, place: EnvironmentPlace): Promise<Answer> {
    return this.send('PUT', `environments/${encodeURIComponent(name)}`, place);
  }

  /** Asks for a setup. */
  put(setupId: string, body: unknown): Promise<Answer> {
    return this.send('PUT', `migrationSetups/${setupId}`, body);
  }

  /** Reads a setup, or a list that belongs to it such as `checks`. */
  get(setupId: string, list?: string): Promise<Answer> {
    return this.send('GET', `migrationSetups/${setupId}${list === undefined ? '' : `/${list}`}`);
  }

  /** Reads the keys with which nodes register at the setup's runtime. */
  listRuntimeKeys(setupId: string): Promise<Answer> {
    return this.send('POST', `migrationSetups/${setupId}/runtime/listKeys`);
  }

  /** Has the app look for the node that has just registered, until it finds it: whoever is in a hurry would do so. */
  async findNode(setupId: string): Promise<void> {
    for (;;) {
      try {
        const { status, body } = await this.send('POST', `migrationSetups/${setupId}/runtime/check`);
        // It waits for nothing if it found the node before.
        if (status === 409 || (body as { readonly result?: string }).result === 'Found') return;
      } catch {
        // The app is being started again.
      }
      await pause(CHECK_EVERY_MS);
    }
  }

  /** Asks for an operation, a replication run or a bulk replay until it has ended, at the pace of `everyMs`. Gives its last answer. */
  async follow(operationLocation: string, everyMs: number): Promise<Answer> {
    for (;;) {
      const answer = await this.#request('GET', operationLocation);
      if (answer.status !== 200 || ENDED.has(followedSchema.parse(answer.body))) return answer;
      await pause(everyMs);
    }
  }

  /** Sends a request to a path below that of the tenant. */
  send(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.#request(method, `${this.#url}/api/tenants/${this.#tenantId}/${path}?api-version=${apiVersion}`, body);
  }

  async #request(method: string, url: string, body?: unknown): Promise<Answer> {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${await this.#token()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }
}
