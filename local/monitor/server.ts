import { systemClock, type Clock } from '../endpoint/clock.ts';
import type { Endpoint, Log, TlsIdentity, TokenClaims, VerifyToken } from '../endpoint/endpoint.ts';
import { openHttpsEndpoint, type HttpsAnswer, type HttpsRequest } from '../endpoint/https-endpoint.ts';
import { answerBatch, readBatch } from './batch.ts';
import type { MeasuredResource } from './batch.ts';
import { badRequest, MonitorError } from './errors.ts';

/** Settings of the local Azure Monitor. */
export interface MonitorOptions {
  readonly tls: TlsIdentity;
  readonly verifyToken: VerifyToken;
  readonly resources: readonly MeasuredResource[];
  /** Object ids of who is Monitoring Reader of every subscription. */
  readonly readers: readonly string[];
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A running local Azure Monitor. */
export interface Monitor extends Endpoint {
  /** How far behind its metrics are, in milliseconds; a test may set it. */
  ageMs: number;
}

const RESOURCE = 'https://metrics.monitor.azure.com';
const API_VERSION = '2024-02-01';
/** The region stands in the path, where the service has a host for each. */
const BATCH = /^\/([a-z0-9]+)\/subscriptions\/([^/]+)\/metrics:getBatch$/i;
const USUAL_AGE_MS = 3 * 60_000;

/** Starts the metrics of all regions. Rejects when the port is taken. */
export async function startMonitor(options: MonitorOptions): Promise<Monitor> {
  const { tls, port, clock = systemClock, log = () => undefined } = options;
  const endpoint = await openHttpsEndpoint({ tls, port });
  const monitor: Monitor = { ...endpoint, ageMs: USUAL_AGE_MS };
  endpoint.serve(async (request) => {
    const answer = await answerRequest(options, request, clock.now() - monitor.ageMs);
    log(`${request.method} ${request.url.pathname} ${answer.status}`);
    return answer;
  });
  return monitor;
}

async function answerRequest(options: MonitorOptions, request: HttpsRequest, knownUntil: number): Promise<HttpsAnswer> {
  try {
    const caller = await authenticate(options, request);
    const version = request.url.searchParams.get('api-version') ?? '';
    if (version !== API_VERSION) throw badRequest(`The api-version '${version}' is not supported.`);
    const [, region = '', subscriptionId = ''] = BATCH.exec(decodeURIComponent(request.url.pathname)) ?? [];
    if (request.method !== 'POST' || subscriptionId === '') {
      throw new MonitorError(404, 'NotFound', `This endpoint has no ${request.method} ${request.url.pathname}.`);
    }
    authorize(options, caller, subscriptionId);
    return {
      status: 200,
      body: answerBatch(readBatch(request, subscriptionId, region, options.resources), knownUntil),
    };
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    const { status, code, message } = error;
    return { status, body: { error: { code, message } } };
  }
}

async function authenticate({ verifyToken }: MonitorOptions, { headers }: HttpsRequest): Promise<TokenClaims> {
  const [, token = ''] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
  try {
    return await verifyToken(token, RESOURCE);
  } catch {
    throw new MonitorError(401, 'InvalidAuthenticationToken', 'The access token is missing, or invalid.');
  }
}

function authorize({ readers }: MonitorOptions, { subject }: TokenClaims, subscriptionId: string): void {
  if (readers.includes(subject)) return;
  const action = 'Microsoft.Insights/metrics/read';
  const scope = `/subscriptions/${subscriptionId}`;
  const text = `The client with object id '${subject}' does not have authorization to perform action '${action}' over scope '${scope}'.`;
  throw new MonitorError(403, 'AuthorizationFailed', text);
}
