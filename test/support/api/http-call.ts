import { HttpRequest, InvocationContext } from '@azure/functions';
import type { HttpHandler, HttpRequestInit, HttpResponseInit } from '@azure/functions';
import { input } from 'durable-functions';
import { settingsSchema } from '../../../shared/config.ts';
import type { Settings } from '../../../shared/config.ts';
import { providerTenantId } from './token-issuer.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** An answer of a handler, as it goes to the host. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a test sends; `query` has the right api-version unless it says otherwise. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Settings of an app that trusts an issuer. */
export function settingsFor({
  issuer,
  audience,
  keysUrl,
}: Pick<TokenIssuer, 'issuer' | 'audience' | 'keysUrl'>): Settings {
  const url = 'https://unused.example.com';
  const settings = settingsSchema.parse({
    MIGRATION_PUBLIC_URL: 'https://migration.example.com/api/',
    MIGRATION_STATE_TABLE_ENDPOINT: url,
    MIGRATION_SERVICE_BUS_NAMESPACE: 'unused.example.com',
    MIGRATION_EVENT_TOPIC: 'setup-events',
    MIGRATION_EVENT_SOURCE: url,
    MIGRATION_KEY_VAULT_URL: url,
    MIGRATION_FACTORIES: JSON.stringify([
      { subscriptionId: '44444444-4444-4444-8444-444444444444', resourceGroup: 'rg', name: 'factory-one' },
    ]),
    MIGRATION_STAGING_BLOB_ENDPOINT: url,
    MIGRATION_PROVIDER_TENANT: providerTenantId,
    MIGRATION_TOKEN_ISSUER: issuer,
    MIGRATION_TOKEN_AUDIENCE: audience,
    MIGRATION_TOKEN_KEYS_URL: url,
  });
  return { ...settings, MIGRATION_TOKEN_KEYS_URL: keysUrl };
}

/** Calls a handler as the host does. `logged` takes what the handler logs; `durableUrl` is where orchestrations start. */
export async function callHandler(
  handler: HttpHandler,
  { method = 'GET', path = 'demo', params = {}, query, headers = {}, body }: Sent,
  { logged = [], durableUrl = 'http://127.0.0.1:9/' }: { logged?: string[]; durableUrl?: string } = {},
): Promise<Answer> {
  const parameters = new URLSearchParams(query ?? { 'api-version': '2026-11-01' });
  const request = new HttpRequest({
    method,
    url: `https://app.example.com/api/${path}?${parameters.toString()}`,
    headers,
    params,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? { string: body } : { bytes: body } }),
  } satisfies HttpRequestInit);
  const answer = (await handler(request, contextFor(logged, durableUrl))) as HttpResponseInit;
  return {
    status: answer.status ?? 200,
    headers: answer.headers as Record<string, string>,
    // As it is on the wire: what JSON cannot say is gone.
    body: answer.jsonBody === undefined ? undefined : (JSON.parse(JSON.stringify(answer.jsonBody)) as unknown),
  };
}

/** The context of an invocation with a durable client, whose backend is at `rpcBaseUrl`; `logged` takes what is logged. */
export function contextFor(logged: string[], rpcBaseUrl: string): InvocationContext {
  const durable = input.durableClient();
  const context = new InvocationContext({
    functionName: 'test',
    invocationId: 'test',
    logHandler: (_level, ...args) => logged.push(args.map(String).join(' ')),
    options: { extraInputs: [durable], extraOutputs: [], trigger: { type: 'httpTrigger', name: 'request' } },
  });
  context.extraInputs.set(durable, { taskHubName: 'test', creationUrls: {}, managementUrls: {}, rpcBaseUrl });
  return context;
}
