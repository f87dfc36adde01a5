import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { systemClock, type Clock } from '../endpoint/clock.ts';
import type { Endpoint, GetToken, Log, TlsIdentity, VerifyToken } from '../endpoint/endpoint.ts';
import { openHttpsEndpoint, type HttpsAnswer, type HttpsRequest } from '../endpoint/https-endpoint.ts';
import { read, readBody } from './documents.ts';
import { ArmError, documentNotFound } from './errors.ts';
import { createFactory, type Factory, type FactoryOptions, type MeasuredFactory } from './factory.ts';
import { Faults } from './faults.ts';
import { answerFactory } from './routes.ts';
import { invalidKey, nodeChanges } from './runtimes.ts';

/** Settings of the local Data Factory. */
export interface DataFactoryOptions {
  readonly factories: readonly FactoryOptions[];
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  /** The managed identity of the factories, with which they reach databases and storage. */
  readonly getToken: GetToken;
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A running local Data Factory. */
export interface DataFactory extends Endpoint {
  readonly faults: Faults;
  /** For the metrics of Azure Monitor. */
  readonly measured: readonly MeasuredFactory[];
}

const API_VERSION = '2018-06-01';
const RESOURCE_MANAGER = 'https://management.azure.com';
const FACTORIES =
  /^\/subscriptions\/([^/]+)(?:\/resourcegroups\/([^/]+))?\/providers\/microsoft\.datafactory\/factories(?:\/(.+))?$/i;
/** What is asked with POST and counts as a read, as the published answers of the service show; `queryActivityruns` does not. */
const QUESTIONS = /\/(?:queryPipelineRuns|getStatus|listAuthKeys)$/i;
const NODES = /^\/integrationRuntimeNodes\/(register|start|stop|expire)$/;

/**
 * Starts the Resource Manager endpoint of some data factories, empty at first. Pipelines run in this process.
 * Rejects when the port is taken.
 */
export async function startDataFactory(options: DataFactoryOptions): Promise<DataFactory> {
  const { tls, port, verifyToken, getToken, clock = systemClock, log = () => undefined } = options;
  const factories = options.factories.map((one) => createFactory(one, { getToken, clock, log }));
  const faults = new Faults(factories.map(({ runs }) => runs));
  const endpoint = await openHttpsEndpoint({ tls, port });

  const answer = async (request: HttpsRequest): Promise<HttpsAnswer> => {
    const { pathname } = request.url;
    const node = NODES.exec(pathname);
    if (node !== null && request.method === 'POST') return answerNode(factories, node[1] ?? '', request);
    await authenticate(request, verifyToken, endpoint.url);
    checkVersion(request);
    return faults.apply(request, () => answerResourceManager(factories, request));
  };
  endpoint.serve(async (request) => {
    const answered = await answerErrors(() => answer(request));
    return { ...answered, headers: { ...standardHeaders(request), ...answered.headers } };
  });

  return {
    url: endpoint.url,
    port: endpoint.port,
    faults,
    measured: factories.map(({ measured }) => measured),
    async stop() {
      await endpoint.stop();
      await Promise.all(factories.map(({ runs }) => runs.stop()));
    },
  };
}

async function answerErrors(act: () => Promise<HttpsAnswer>): Promise<HttpsAnswer> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    const { status, code, message, headers } = error;
    return { status, headers, body: { error: { code, message, target: null, details: null } } };
  }
}

async function authenticate({ headers }: HttpsRequest, verifyToken: VerifyToken, url: string): Promise<void> {
  const challenge = { 'www-authenticate': `Bearer realm="${RESOURCE_MANAGER}"` };
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) {
    const text = "Authentication failed. The 'Authorization' header is missing or is no bearer token.";
    throw new ArmError(401, 'AuthenticationFailed', text, challenge);
  }
  const checks = [url, RESOURCE_MANAGER].map((audience) => verifyToken(token, audience));
  const results = await Promise.allSettled(checks);
  if (results.some(({ status }) => status === 'fulfilled')) return;
  throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.', challenge);
}

function checkVersion({ url }: HttpsRequest): void {
  const version = url.searchParams.get('api-version');
  if (version === API_VERSION) return;
  const text = `The api-version '${version ?? ''}' is invalid. The supported versions are '${API_VERSION}'.`;
  throw new ArmError(400, 'InvalidApiVersionParameter', text);
}

function answerResourceManager(factories: readonly Factory[], request: HttpsRequest): HttpsAnswer {
  const found = FACTORIES.exec(request.url.pathname);
  if (found === null) throw new ArmError(404, 'InvalidResourceType', 'The resource type could not be found.');
  const [, subscriptionId = '', resourceGroup, rest] = found.map((part) => part && decodeURIComponent(part));
  const listed = factories.filter(
    ({ options }) =>
      same(options.subscriptionId, subscriptionId) &&
      (resourceGroup === undefined || same(options.resourceGroup, resourceGroup)),
  );
  if (rest === undefined) return { status: 200, body: { value: listed.map(({ resource }) => resource) } };
  const [name = '', ...path] = rest.split('/');
  const factory = listed.find(({ options }) => same(options.name, name));
  if (factory !== undefined && resourceGroup !== undefined) return answerFactory(factory, path, request);
  const text = `The Resource 'Microsoft.DataFactory/factories/${name}' under resource group '${resourceGroup ?? ''}' was not found.`;
  throw new ArmError(404, 'ResourceNotFound', text);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

const registration = z.object({ authKey: z.string(), nodeName: z.string().min(1) });
const nodeAction = z.object({ nodeId: z.string() });

/** Our own protocol for nodes: the real one between node and service is closed. Its credential is the key. */
function answerNode(factories: readonly Factory[], action: string, request: HttpsRequest): HttpsAnswer {
  const body = readBody(request.body);
  if (action === 'register') {
    const { authKey, nodeName } = read(registration, body, 'The registration is invalid');
    const owner = factories.find(({ runtimes }) => runtimes.owns(authKey));
    if (owner === undefined) throw invalidKey();
    return { status: 200, body: { nodeId: owner.runtimes.register(authKey, nodeName) } };
  }
  const { nodeId } = read(nodeAction, body, 'The request is invalid');
  const change = nodeChanges.find((one) => one === action);
  const known = change !== undefined && factories.some(({ runtimes }) => runtimes.setNode(nodeId, change));
  if (!known) throw documentNotFound();
  return { status: 200, body: {} };
}

// https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling#remaining-requests
function standardHeaders({ method, url }: HttpsRequest): Record<string, string> {
  const [bucket, remaining] =
    method === 'GET' || QUESTIONS.test(url.pathname)
      ? ['reads', 249]
      : method === 'DELETE'
        ? ['deletes', 199]
        : ['writes', 199];
  return {
    'x-ms-request-id': randomUUID(),
    'x-ms-correlation-request-id': randomUUID(),
    [`x-ms-ratelimit-remaining-subscription-${bucket}`]: String(remaining),
    // Of all principals together: fifteen times the requests of one.
    [`x-ms-ratelimit-remaining-subscription-global-${bucket}`]: String((remaining + 1) * 15 - 1),
  };
}
