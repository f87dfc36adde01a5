import { createToHandler } from '../../../functions/http/adapter.ts';
import { routes } from '../../../functions/routes.ts';
import type { Milestone, MilestoneData, MilestoneName } from '../../../shared/setup/states.ts';
import { callHandler, settingsFor } from './http-call.ts';
import type { Answer, Sent } from './http-call.ts';
import { startHttpServices, startRecorder } from './http-services.ts';
import type { HttpServices, StartRecorder } from './http-services.ts';
import { recorded } from '../setup/setup-table.ts';
import { requireDescribed } from './openapi.ts';
import {
  factoryObjectId,
  objectId,
  otherTenantId,
  providerTenantId,
  startTokenIssuer,
  tenantId,
} from './token-issuer.ts';

/**
 * Who calls: `own` may do everything in the setups' tenant, `reader` may read there, `other` is the `own` of another tenant;
 * `provisioning` and `operator` are the provider's, `factory` is the identity of the configured factory.
 */
export type TokenName = 'own' | 'reader' | 'other' | 'provisioning' | 'operator' | 'factory' | 'otherFactory';

/** A request to the API. */
export interface ApiRequest extends Sent {
  readonly token?: TokenName;
  /** Of the path; that of `own` unless given. */
  readonly tenant?: string;
  /** Where orchestrations are started; the recorder unless given. */
  readonly durableUrl?: string;
}

/** The handlers of the API on local endpoints. */
export interface HttpApi extends HttpServices {
  readonly durable: StartRecorder;
  /** Calls a route by its name. @throws if the answer is not as `docs/openapi.json` says */
  call(name: string, setupId: string, request?: ApiRequest): Promise<Answer>;
  /** Puts an environment into the directory, as an operator. */
  register(environment: string, body?: object, request?: ApiRequest): Promise<Answer>;
  /** Puts a setup; the environment of its own is registered first. */
  put(setupId: string, body?: object, request?: ApiRequest): Promise<Answer>;
  /** Moves a setup on. */
  reach(setupId: string, ...milestones: Milestone[]): Promise<void>;
}

export const connectionString = 'Server=sql01;Database=BC250;User ID=migration;Password="hunter2; or ""so"""';
export const password = 'hunter2; or "so"';
export const source = { kind: 'SqlServer', connectionString };
export const azureSource = {
  kind: 'AzureSql',
  connectionString: connectionString.replace('sql01', 'sql01.database.windows.net'),
};
/** Without the environment, of which every setup has one of its own: see `environmentOf`. */
export const setupBody = { product: 'DynamicsBCLast', source };
/** Of a table of a customer to one of an app. */
export const mapping = {
  sourceTableName: '[CRONUS$Card]',
  appId: '5f6c1f9e-2a4b-4e57-9d3e-7b1a0c8d2e41',
  tableName: 'Member',
};
export const place = { server: 'online.example.com', database: 'tenant01', region: 'westeurope' };

/** The environment that `put` registers and asks for. */
export function environmentOf(setupId: string): string {
  return setupId.replaceAll('-', '').slice(-30);
}

/** Starts everything that the handlers need. */
export async function startHttpApi(): Promise<HttpApi> {
  const [issuer, durable] = await Promise.all([startTokenIssuer(), startRecorder()]);
  const local = await startHttpServices(settingsFor(issuer));
  const ofTenant = (tid: string, roles: readonly string[], oid = objectId) =>
    issuer.sign({ tid, oid, iss: issuer.issuer.replace('{tenantId}', tid), roles });
  const tokens: Readonly<Record<TokenName, string>> = {
    own: await ofTenant(tenantId, ['Setup.Read', 'Setup.Write']),
    reader: await ofTenant(tenantId, ['Setup.Read']),
    other: await ofTenant(otherTenantId, ['Setup.Read', 'Setup.Write']),
    provisioning: await ofTenant(providerTenantId, ['Setup.Read.All', 'Setup.Write.All']),
    operator: await ofTenant(providerTenantId, ['Setup.Read.All', 'Ops.Read', 'Ops.Write']),
    factory: await ofTenant(providerTenantId, ['Factory.Notify'], factoryObjectId),
    otherFactory: await ofTenant(providerTenantId, ['Factory.Notify']),
  };
  const toHandler = createToHandler(local.services);

  async function call(name: string, setupId: string, request: ApiRequest = {}): Promise<Answer> {
    const { token = 'own', tenant = tenantId, durableUrl = durable.url, ...sent } = request;
    const route = routes.find((candidate) => candidate.name === name);
    if (route === undefined) throw new Error(`There is no route ${name}`);
    const { method } = route;
    const params: Record<string, string> = { tenantId: tenant, setupId, ...sent.params };
    const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) => params[key] ?? '');
    const headers = { authorization: `Bearer ${tokens[token]}`, ...sent.headers };
    const answer = await callHandler(toHandler(route), { ...sent, method, path, params, headers }, { durableUrl });
    requireDescribed(name, answer);
    return answer;
  }

  function register(environment: string, body: object = place, request: ApiRequest = {}): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...request.headers };
    const params = { environment, ...request.params };
    const sent = { token: 'operator', ...request, params, headers, body: JSON.stringify(body) } as const;
    return call('putEnvironment', 'none', sent);
  }

  return {
    ...local,
    durable,
    call,
    register,
    async put(setupId, body = setupBody, request = {}) {
      const environment = environmentOf(setupId);
      await register(environment, place, request.tenant === undefined ? {} : { tenant: request.tenant });
      const headers = { 'content-type': 'application/json', ...request.headers };
      const whole = { destination: { environment }, ...body };
      return call('putSetup', setupId, { ...request, headers, body: JSON.stringify(whole) });
    },
    async reach(setupId, ...milestones) {
      for (const milestone of milestones) {
        recorded(await local.services.store.record({ tenantId, setupId, attempt: 1 }, milestone));
      }
    },
    async stop() {
      await Promise.all([issuer.stop(), durable.stop(), local.stop()]);
    },
  };
}

export const factory = {
  subscriptionId: '44444444-4444-4444-8444-444444444444',
  resourceGroup: 'rg',
  name: 'factory-one',
};
const candidates = [{ name: 'factory-one', eligible: true, score: 99.5, reasons: ['5 of 5000 entities'] }];
const nodes = [{ name: 'node-1', version: '5.50.0' }];
const pipelines = ['mig_x_replicate', 'mig_x_large', 'mig_x_small'];
const environment = 'Production';

/** Milestones of one setup, by name. */
export const reached = {
  factorySelected: { name: 'factorySelected', data: { factory, candidates } },
  runtimeCreated: { name: 'runtimeCreated', data: { runtimeName: 'shir-one', created: true } },
  runtimeOnline: { name: 'runtimeOnline', data: { runtimeName: 'shir-one', nodes } },
  checksCompleted: {
    name: 'checksCompleted',
    data: { passed: 20, nothingToDo: 0, warned: 1, failed: 0, skipped: 2, excluded: 0, failedChecks: [] },
  },
  proceduresCreated: { name: 'proceduresCreated', data: {} },
  inventoryCompleted: { name: 'inventoryCompleted', data: { companies: 2, extensions: 7 } },
  tablesPlanned: {
    name: 'tablesPlanned',
    data: {
      byCopyMethod: { Delta: 3, Full: 1, Preserve: 0, None: 2 },
      large: 1,
      small: 3,
      packs: 1,
      rows: 12_345,
      leftOut: 1,
    },
  },
  replicationPipelineCreated: { name: 'replicationPipelineCreated', data: { pipelines } },
  environmentMarked: { name: 'environmentMarked', data: { environment } },
  cleanupCompleted: { name: 'cleanupCompleted', data: { removed: ['mig_x_prepare'] } },
  ready: { name: 'ready', data: { environment, pipelines } },
  failed: {
    name: 'failed',
    data: {
      failure: { code: '50001', cause: 'The compatibility level is 120.', remedy: 'Raise it.' },
      removed: [],
      left: [],
    },
  },
} as const satisfies { readonly [Name in MilestoneName]?: { readonly name: Name; readonly data: MilestoneData<Name> } };
