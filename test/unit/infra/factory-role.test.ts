import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../shared/clock.ts';
import { DataFactories } from '../../../shared/factory/data-factory.ts';
import { infraJson } from '../../support/infra/infra-files.ts';

const role = z.strictObject({ name: z.string(), description: z.string(), actions: z.array(z.string()) });
const { actions } = role.parse(infraJson('factory-role.json'));

const factory = { subscriptionId: '11111111-1111-4111-8111-111111111111', resourceGroup: 'group', name: 'factory' };

const requests: string[] = [];

/** Enough of an answer to every request. */
const answer = JSON.stringify({ properties: { type: 'SelfHosted' }, value: [{ runId: 'run' }] });

/** Notes what the official client sends. */
const httpClient: HttpClient = {
  sendRequest: async (request) => {
    const { pathname } = new URL(request.url);
    requests.push(`${request.method} ${pathname.slice(pathname.indexOf('/Microsoft.DataFactory/') + 1)}`);
    return { request, status: 200, headers: createHttpHeaders(), bodyAsText: answer };
  },
};

const credential = { getToken: () => Promise.resolve({ token: 'token', expiresOnTimestamp: Infinity }) };
const factories = new DataFactories(
  (subscriptionId) => new DataFactoryManagementClient(credential, subscriptionId, { httpClient }),
  systemClock,
);

/** Every question to a factory, and every change of one, by the name of its method. */
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  check: () => factories.check(factory),
  principalOf: () => factories.principalOf(factory),
  countEntities: () => factories.countEntities(factory),
  countRuns: () => factories.countRuns(factory),
  names: () => Promise.all(kinds.map((kind) => factories.names(factory, kind))),
  runtime: () => factories.runtime(factory, 'runtime'),
  createRuntime: () => factories.createRuntime(factory, 'runtime', ''),
  deleteRuntime: () => factories.deleteRuntime(factory, 'runtime'),
  runtimeStatus: () => factories.runtimeStatus(factory, 'runtime'),
  runtimeLoad: () => factories.runtimeLoad(factory, 'runtime'),
  runtimeKeys: () => factories.runtimeKeys(factory, 'runtime'),
  regenerateRuntimeKey: () => factories.regenerateRuntimeKey(factory, 'runtime', 'authKey1'),
  put: () => Promise.all(entityKinds.map((kind) => factories.put(factory, kind, 'entity', { properties: {} }))),
  delete: () => Promise.all(entityKinds.map((kind) => factories.delete(factory, kind, 'entity'))),
  createRun: () => factories.createRun(factory, 'pipeline', {}),
  findRun: () => factories.findRun(factory, 'pipeline', 'operation'),
  run: () => factories.run(factory, 'run'),
  endedRuns: () => factories.endedRuns(factory, ['pipeline']),
  hasSucceeded: () => factories.hasSucceeded(factory, 'run', ['activity']),
  activeRuns: () => factories.activeRuns(factory, ['pipeline']),
  cancelRuns: () => factories.cancelRuns(factory, ['pipeline']),
  activityOutputs: () => factories.activityOutputs(factory, 'run'),
};
const entityKinds = ['pipelines', 'datasets', 'linkedServices'] as const;
const kinds = [...entityKinds, 'integrationRuntimes'] as const;

/**
 * The actions that a request needs, in lower case. Data Factory asks for another one beside that of a query, and for reading
 * where the status of a runtime or its load is asked for: https://learn.microsoft.com/azure/role-based-access-control/permissions/analytics
 */
function actionsOf(request: string): string[] {
  const [method = '', path = ''] = request.toLowerCase().split(' ');
  const segments = path.split('/');
  const types = [segments[0], ...segments.slice(1).filter((_, index) => index % 2 === 0)].join('/');
  if (method !== 'post') return [`${types}/${{ get: 'read', put: 'write', delete: 'delete' }[method] ?? method}`];
  if (/\/(?:getstatus|monitoringdata)$/.test(types)) return [`${types}/read`];
  return [`${types}/action`, ...(/\/query\w+$/.test(types) ? [`${types}/read`] : [])];
}

test('the role of the app in a factory lets it do what it does there, and nothing else', async () => {
  expect(Object.keys(calls).toSorted()).toEqual(
    Object.getOwnPropertyNames(DataFactories.prototype)
      .filter((name) => name !== 'constructor')
      .toSorted(),
  );
  for (const call of Object.values(calls)) await call();
  const needed = new Set(requests.flatMap(actionsOf));
  expect(actions.map((action) => action.toLowerCase()).toSorted()).toEqual([...needed].toSorted());
});
