/** A vault in memory, at the wire of the official client. What is deleted is gone at once, as in a vault without recovery. */
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import type { Gate } from './gate.ts';
import { credential } from './gate.ts';
import { answer, bodyOf } from './wire.ts';

const ENDPOINT = 'https://vault.example.com';

export class VaultInMemory implements HttpClient {
  readonly #gate: Gate;
  /** Values by name. */
  secrets = new Map<string, string>();
  readonly client: SecretClient;

  constructor(gate: Gate) {
    this.#gate = gate;
    const options = { httpClient: this, disableChallengeResourceVerification: true, retryOptions: { maxRetries: 0 } };
    this.client = new SecretClient(ENDPOINT, credential, options);
  }

  /** Remembers what it holds. @returns what brings it back */
  keep(): () => void {
    const kept = new Map(this.secrets);
    return () => {
      this.secrets = new Map(kept);
    };
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    if (request.headers.get('authorization') === undefined) return challenge(request);
    const [, kind = '', name = ''] = new URL(request.url).pathname.split('/');
    return this.#gate(`${request.method} ${kind}`, () => {
      if (kind !== 'secrets') return answer(request, 404, {});
      if (request.method === 'PUT') this.secrets.set(name, (JSON.parse(bodyOf(request)) as { value: string }).value);
      const value = this.secrets.get(name);
      if (request.method === 'DELETE') this.secrets.delete(name);
      return value === undefined
        ? answer(request, 404, {})
        : answer(request, 200, { id: `${ENDPOINT}/secrets/${name}/1`, value });
    });
  }
}

function challenge(request: PipelineRequest): PipelineResponse {
  const resource = 'Bearer authorization="https://login.example.com/tenant", resource="https://vault.example.com"';
  return { request, status: 401, headers: createHttpHeaders({ 'www-authenticate': resource }) };
}
