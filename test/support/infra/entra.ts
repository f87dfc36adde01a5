/**
 * As much of Microsoft Graph as a registration needs, in memory: https://learn.microsoft.com/graph/api/application-upsert,
 * serviceprincipal-upsert, serviceprincipal-post-approleassignedto, directory-deleteditems-delete.
 */
import { randomUUID } from 'node:crypto';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import { z } from 'zod';

const appRoleSchema = z.looseObject({ id: z.guid(), value: z.string(), isEnabled: z.boolean() });
const applicationSchema = z.looseObject({
  displayName: z.string(),
  appRoles: z.array(appRoleSchema).default([]),
  identifierUris: z.array(z.string()).default([]),
});
const assignmentSchema = z.strictObject({ principalId: z.string(), resourceId: z.string(), appRoleId: z.guid() });

type Application = z.output<typeof applicationSchema> & { readonly id: string; readonly appId: string };
type Reply = readonly [status: number, body?: object];

const PAGE = 2;
const missing: Reply = [404, { error: { code: 'Request_ResourceNotFound' } }];
const refused = (message: string): Reply => [400, { error: { code: 'Request_BadRequest', message } }];

export class Entra {
  readonly applications = new Map<string, Application>();
  readonly deleted = new Map<string, Application>();
  /** Service principals by application id; those of identities are named by themselves. */
  readonly principals = new Map<string, string>();
  assignments: z.output<typeof assignmentSchema>[] = [];
  readonly requests: string[] = [];
  /** So many requests for what was made are answered as if it was not there. */
  notSeenYet = 0;

  readonly client: HttpClient = {
    sendRequest: async (request) => {
      const [status, body] = this.#answer(request);
      const text = body === undefined ? '' : JSON.stringify(body);
      return { request, status, headers: createHttpHeaders(), bodyAsText: text };
    },
  };

  /** The only application that there is. */
  get application(): Application {
    const [application, ...others] = this.applications.values();
    if (application === undefined || others.length > 0) throw new Error('There is not one application');
    return application;
  }

  #answer({ method, url, body, headers }: PipelineRequest): Reply {
    const { pathname, search } = new URL(url);
    const path = decodeURIComponent(pathname).replace('/v1.0/', '');
    this.requests.push(`${method} ${path}`);
    const given = typeof body === 'string' ? (JSON.parse(body) as object) : {};
    const creates = headers.get('prefer') === 'create-if-missing';
    const [, uniqueName] = /^applications\(uniqueName='(.+)'\)$/.exec(path) ?? [];
    if (uniqueName !== undefined) return this.#named(method, uniqueName, given, creates);
    const [, appId] = /^servicePrincipals\(appId='(.+)'\)$/.exec(path) ?? [];
    if (appId !== undefined) return this.#principal(method, appId, creates);
    const [collection = '', id = '', part = ''] = path.split('/');
    if (part === 'appRoleAssignedTo') return this.#assigned(method, id, given, search);
    if (collection === 'applications') return this.#application(method, id, given);
    if (path.startsWith('directory/deletedItems/')) return this.deleted.delete(part) ? [204] : missing;
    return refused(`${method} ${path} is not known here`);
  }

  #named(method: string, name: string, given: object, creates: boolean): Reply {
    const found = this.applications.get(name);
    if (method === 'GET') return found === undefined || this.#isNotSeen() ? missing : [200, found];
    if (found !== undefined) return this.#change(name, found, given);
    if (!creates) return missing;
    const made = { ...applicationSchema.parse(given), id: randomUUID(), appId: randomUUID() };
    this.applications.set(name, made);
    return [201, made];
  }

  #change(name: string, found: Application, given: object): Reply {
    const changed = { ...applicationSchema.parse({ ...found, ...given }), id: found.id, appId: found.appId };
    const ids = new Set(changed.appRoles.map(({ id }) => id));
    if (found.appRoles.some((role) => role.isEnabled && !ids.has(role.id))) {
      return [400, { error: { code: 'CannotDeleteOrUpdateEnabledEntitlement' } }];
    }
    this.applications.set(name, changed);
    return [204];
  }

  #application(method: string, id: string, given: object): Reply {
    const [name, found] = [...this.applications].find(([, one]) => one.id === id) ?? [];
    if (name === undefined || found === undefined || this.#isNotSeen()) return missing;
    if (method === 'PATCH') return this.#change(name, found, given);
    this.applications.delete(name);
    this.principals.delete(found.appId);
    this.deleted.set(id, found);
    return [204];
  }

  #principal(method: string, appId: string, creates: boolean): Reply {
    const application = [...this.applications.values()].find((one) => one.appId === appId);
    if (application === undefined || (method !== 'GET' && this.#isNotSeen())) {
      return refused('NoBackingApplicationObject');
    }
    const found = this.principals.get(appId);
    if (method === 'GET') return found === undefined ? missing : [200, { id: found, appRoles: application.appRoles }];
    if (found !== undefined) return [204];
    if (!creates) return missing;
    const made = randomUUID();
    this.principals.set(appId, made);
    return [201, { id: made }];
  }

  #assigned(method: string, resourceId: string, given: object, search: string): Reply {
    if (method === 'GET') return this.#page(resourceId, Number(new URLSearchParams(search).get('$skiptoken') ?? 0));
    const assignment = assignmentSchema.parse(given);
    if (this.#isNotSeen()) return missing;
    if (this.assignments.some((one) => one.principalId === assignment.principalId)) {
      return refused('Permission being assigned already exists on the object');
    }
    this.assignments.push(assignment);
    return [201, assignment];
  }

  #page(resourceId: string, from: number): Reply {
    const value = this.assignments.slice(from, from + PAGE);
    const next = `https://graph.microsoft.com/v1.0/servicePrincipals/${resourceId}/appRoleAssignedTo?$skiptoken=${from + PAGE}`;
    return [200, { value, ...(from + PAGE < this.assignments.length ? { '@odata.nextLink': next } : {}) }];
  }

  #isNotSeen(): boolean {
    this.notSeenYet -= 1;
    return this.notSeenYet >= 0;
  }
}
