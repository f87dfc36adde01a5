import { z } from 'zod';
import { json } from '../documents.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import type { ActivityContext, Executor } from './activity-context.ts';
import { ActivityError } from './activity-error.ts';
import { parseTimespan } from './duration.ts';

const ERROR_CODE = '2108';
// https://learn.microsoft.com/azure/data-factory/control-flow-web-activity
const MAXIMUM_BYTES = 4 * 1024 * 1024;
const [SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS] = [60_000, 600_000];
const DEFAULT_PAUSE_SECONDS = 15;

const properties = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  headers: z.record(z.string(), z.string()).default({}),
  body: json.optional(),
  authentication: z.strictObject({ type: z.literal('MSI'), resource: z.string().min(1) }).optional(),
  turnOffAsync: z.boolean().default(false),
  httpRequestTimeout: z.string().default('00:01:00'),
});

interface Call {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** Web: calls an endpoint that answers JSON; an answer 202 is followed to where it leads, unless that is turned off. */
export const web: Executor = async (context) => {
  const settings = context.read(properties, ERROR_CODE);
  const { url, method, headers, authentication, turnOffAsync } = settings;
  const token = authentication === undefined ? undefined : await context.token(authentication.resource);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const sent = { ...headers, ...authorization };
  const timeoutMs = requestTimeout(settings.httpRequestTimeout);
  const body = requestBody(settings);
  const call = { method, headers: sent, timeoutMs, ...(body === undefined ? {} : { body }) };
  let response = await send(context, url, call);
  for (;;) {
    const location = response.headers.get('location');
    if (response.status !== 202 || location === null || turnOffAsync) break;
    await context.pause(Number(response.headers.get('retry-after') ?? DEFAULT_PAUSE_SECONDS) * 1_000);
    response = await send(context, new URL(location, url).href, { method: 'GET', headers: sent, timeoutMs });
  }
  return {
    ...(await readAnswer(response)),
    ADFWebActivityResponseHeaders: Object.fromEntries(response.headers),
    ...context.envelope('ExternalActivity'),
  };
};

function requestTimeout(text: string): number {
  const timeout = parseTimespan(text) ?? 0;
  if (timeout >= SHORTEST_TIMEOUT_MS && timeout <= LONGEST_TIMEOUT_MS) return timeout;
  throw new ActivityError(ERROR_CODE, `The httpRequestTimeout '${text}' is not between 1 and 10 minutes.`);
}

function requestBody({ method, body }: z.infer<typeof properties>): string | undefined {
  const needsBody = method !== 'GET' && method !== 'DELETE';
  if (needsBody && body === undefined) throw new ActivityError(ERROR_CODE, `The method ${method} needs a body.`);
  if (method === 'GET' && body !== undefined) throw new ActivityError(ERROR_CODE, 'The method GET takes no body.');
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

async function send(context: ActivityContext, url: string, { timeoutMs, ...request }: Call): Promise<Response> {
  let response: Response;
  try {
    response = await context.withinTime(timeoutMs, (signal) => fetch(url, { ...request, redirect: 'manual', signal }));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw callFailure(
      url,
      'NA - Unknown',
      `NA - Unknown [ClientSideException] ${reason}'.\r\nRequest didn't reach the server from the client. This could happen because of an underlying issue such as network connectivity, a DNS failure, a server certificate validation or a timeout.`,
    );
  }
  if (response.ok) return response;
  const status = `${response.statusText} - ${response.status}`;
  const text = await response.text();
  throw callFailure(url, status, `${status}'.\r\nResponse from server: ${text.slice(0, 1_000)}`);
}

function callFailure(url: string, status: string, details: string): ActivityError {
  const text = `Error calling the endpoint '${url}'. Response status code: '${status}'. More details: Exception message: '${details}`;
  return new ActivityError(ERROR_CODE, text);
}

/** The service documents objects only; an empty answer gives an empty output. */
async function readAnswer(response: Response): Promise<JsonObject> {
  const content = Buffer.from(await response.arrayBuffer());
  if (content.length > MAXIMUM_BYTES) {
    throw new ActivityError('2001', 'The length of execution output is over limit (around 4MB currently).');
  }
  const answer = parse(content.toString('utf8'));
  if (isObject(answer)) return answer;
  throw new ActivityError(ERROR_CODE, 'The endpoint must answer with a JSON object.');
}

function parse(text: string): Json {
  if (text === '') return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
