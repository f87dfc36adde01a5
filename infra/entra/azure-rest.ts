/** Requests to Microsoft Graph and Azure Resource Manager, for what the SDKs and Bicep do not do. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  bearerTokenAuthenticationPolicy,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import type { HttpClient, HttpMethods, Pipeline } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';

/** What was asked for, and the answer of the service, which says why it is refused. */
class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly status: number;

  constructor(method: string, path: string, status: number, answer: string) {
    super(`${method} ${path} was answered ${status}: ${answer}`);
    this.status = status;
  }
}

interface RequestOptions {
  readonly body?: object;
  /** Makes the thing if it is not there, by the name in the path. */
  readonly createIfMissing?: boolean;
  /** What the request names was made a moment ago, and the directory may not know it everywhere yet. */
  readonly namesNew?: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const TRIES = 20;
const PAUSE_MS = 3_000;

export class AzureRest {
  readonly #endpoint: string;
  readonly #client: HttpClient;
  readonly #pauseMs: number;
  readonly #pipeline: Pipeline;

  /** @param endpoint for which tokens are asked, and at which requests are made */
  constructor(endpoint: string, credential: TokenCredential, client: HttpClient, pauseMs = PAUSE_MS) {
    this.#endpoint = endpoint;
    this.#client = client;
    this.#pauseMs = pauseMs;
    // Repeats what is throttled or fails for a moment.
    this.#pipeline = createPipelineFromOptions({});
    this.#pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: `${endpoint}/.default` }));
  }

  /** @throws {RequestRefused} if the answer is no success */
  async request(method: HttpMethods, path: string, options: RequestOptions = {}): Promise<Answer> {
    for (let tried = 1; ; tried += 1) {
      const { status, text } = await this.#send(method, path, options);
      if (status < 300) return { status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      const mayCome = options.namesNew === true && (status === 400 || status === 404) && tried < TRIES;
      if (!mayCome) throw new RequestRefused(method, path, status, text);
      await pause(this.#pauseMs);
    }
  }

  /** Reads one thing; undefined if it is not there. @throws {RequestRefused} */
  async find<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema> | undefined> {
    try {
      return schema.parse((await this.request('GET', path)).body);
    } catch (error) {
      if (error instanceof RequestRefused && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Reads all pages of a list. @throws {RequestRefused} */
  async list<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>[]> {
    const page = z.object({ value: z.array(schema), '@odata.nextLink': z.string().optional() });
    const found: z.output<Schema>[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const { value, '@odata.nextLink': link } = page.parse((await this.request('GET', next)).body);
      found.push(...value);
      next = link?.replace(this.#endpoint, '');
    }
    return found;
  }

  /** Deletes; it may be gone already. @throws {RequestRefused} */
  async delete(path: string): Promise<void> {
    try {
      await this.request('DELETE', path);
    } catch (error) {
      if (!(error instanceof RequestRefused && error.status === 404)) throw error;
    }
  }

  async #send(method: HttpMethods, path: string, { body, createIfMissing }: RequestOptions) {
    const headers = createHttpHeaders({
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(createIfMissing === true ? { prefer: 'create-if-missing' } : {}),
    });
    const request = createPipelineRequest({
      url: this.#endpoint + path,
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { status, bodyAsText } = await this.#pipeline.sendRequest(this.#client, request);
    return { status, text: bodyAsText ?? '' };
  }
}
