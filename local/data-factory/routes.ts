import { z } from 'zod';
import type { HttpsAnswer, HttpsRequest } from '../endpoint/https-endpoint.ts';
import { jsonObject, read, readBody } from './documents.ts';
import { ArmError, unsupported } from './errors.ts';
import type { Factory } from './factory.ts';
import { withoutSecrets } from './linked-services.ts';
import type { Kind, Resource } from './resources.ts';
import { runFilter } from './run-query.ts';
import { validate } from './validation.ts';

const KINDS: ReadonlySet<string> = new Set<Kind>(['pipelines', 'datasets', 'linkedservices', 'integrationruntimes']);

function isKind(text: string): text is Kind {
  return KINDS.has(text);
}

function ok(body?: object): HttpsAnswer {
  return { status: 200, ...(body && { body }) };
}

/** Answers a request about one factory; `path` is what follows the factory's name. */
export function answerFactory(factory: Factory, path: readonly string[], request: HttpsRequest): HttpsAnswer {
  const [first = '', name, action = ''] = path;
  const kind = first.toLowerCase();
  const route = `${request.method} ${kind}`;
  if (path.length === 0 && request.method === 'GET') return ok(factory.resource);
  if (route === 'POST querypipelineruns' && path.length === 1) {
    return ok(factory.runs.query(read(runFilter, readBody(request.body), 'The filter is invalid')));
  }
  if (kind === 'pipelineruns' && name !== undefined) return answerRun(factory, name, action.toLowerCase(), request);
  // There are none, but who counts the entities of a factory asks.
  if (route === 'GET triggers' && name === undefined) return ok({ value: [] });
  if (isKind(kind) && name === undefined && request.method === 'GET') return list(factory, kind, request);
  if (isKind(kind) && name !== undefined && path.length === 2) return answerDocument(factory, kind, name, request);
  if (route === 'POST pipelines' && name !== undefined && action.toLowerCase() === 'createrun') {
    return ok({ runId: factory.runs.create(name, readBody(request.body)) });
  }
  if (route === 'POST integrationruntimes' && name !== undefined) {
    return answerRuntime(factory, name, action.toLowerCase(), request);
  }
  throw unsupported(`${request.method} on ${['a factory', ...path].join('/')}`);
}

function answerRun({ runs }: Factory, runId: string, action: string, request: HttpsRequest): HttpsAnswer {
  const route = `${request.method} ${action}`;
  if (route === 'GET ') return ok(runs.get(runId));
  if (route === 'POST cancel') {
    runs.cancel(runId, request.url.searchParams.get('isRecursive') === 'true');
    return ok();
  }
  if (route === 'POST queryactivityruns') {
    return ok(runs.queryActivities(runId, read(runFilter, readBody(request.body), 'The filter is invalid')));
  }
  throw unsupported(`${request.method} pipelineruns/${action}`);
}

function list({ resources }: Factory, kind: Kind, { url }: HttpsRequest): HttpsAnswer {
  const { page, next } = resources.list(kind, Number(url.searchParams.get('$skiptoken') ?? 0));
  const value = page.map((resource) => shown(kind, resource));
  if (next === undefined) return ok({ value });
  const nextLink = new URL(url);
  nextLink.searchParams.set('$skiptoken', String(next));
  return ok({ value, nextLink: nextLink.href });
}

/** A document as it is answered: of a secret nobody gets anything but the sign that there is one. */
function shown(kind: Kind, resource: Resource): Resource {
  if (kind !== 'linkedservices') return resource;
  return { ...resource, properties: withoutSecrets(resource.properties, resource.etag) };
}

// The client sends an empty pipeline as `{}`.
const document = z.object({ properties: jsonObject.default({}) });

function answerDocument(factory: Factory, kind: Kind, name: string, request: HttpsRequest): HttpsAnswer {
  const { resources, runtimes } = factory;
  switch (request.method) {
    case 'GET': {
      const found = resources.get(kind, name);
      return request.headers['if-none-match'] === found.etag ? { status: 304 } : ok(shown(kind, found));
    }
    case 'PUT': {
      const { properties } = read(document, readBody(request.body), 'The request body is invalid');
      validate(kind, name, properties);
      const stored = resources.put(kind, name, properties, request.headers['if-match']);
      if (kind === 'integrationruntimes') runtimes.ensure(stored.name);
      return ok(shown(kind, stored));
    }
    case 'DELETE': {
      const existed = resources.delete(kind, name);
      if (kind === 'integrationruntimes') runtimes.delete(name);
      return { status: existed ? 200 : 204 };
    }
    default:
      throw new ArmError(405, 'MethodNotAllowed', `${request.method} is not allowed on ${kind}.`);
  }
}

const keyName = z.object({ keyName: z.enum(['authKey1', 'authKey2']) });

function answerRuntime({ runtimes }: Factory, name: string, action: string, request: HttpsRequest): HttpsAnswer {
  switch (action) {
    case 'getstatus':
      return ok(runtimes.status(name));
    case 'monitoringdata':
      return ok(runtimes.monitoringData(name));
    case 'listauthkeys':
      return ok(runtimes.keys(name));
    case 'regenerateauthkey': {
      const body = read(keyName, readBody(request.body), 'The request body is invalid');
      return ok(runtimes.regenerate(name, body.keyName));
    }
    default:
      throw unsupported(`POST integrationRuntimes/${action}`);
  }
}
