import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../../functions/http/roles.ts';
import { reachOf } from '../../../functions/http/roles.ts';
import registration from '../../../infra/api-registration.json' with { type: 'json' };
import { assignNotify, registerApi, registrationName, removeApi } from '../../../infra/entra/api-registration.ts';
import { AzureRest } from '../../../infra/entra/azure-rest.ts';
import { removeFactoryRole } from '../../../infra/entra/factory-role.ts';
import { Entra } from '../../support/infra/entra.ts';
import { infraText } from '../../support/infra/infra-files.ts';

const credential = { getToken: () => Promise.resolve({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 }) };
const name = registrationName('dev');
const factories = ['factory-1', 'factory-2', 'factory-3'];

let entra: Entra;
let graph: AzureRest;

beforeEach(() => {
  entra = new Entra();
  graph = new AzureRest('https://graph.microsoft.com', credential, entra.client, 0);
});

test('the app roles are those that the API asks for', () => {
  const asked = Object.keys({
    'Setup.Read': true,
    'Setup.Write': true,
    'Ops.Read': true,
    'Ops.Write': true,
    'Factory.Notify': true,
  } satisfies Record<Role, true>) as Role[];
  const candidates = asked.flatMap((role) => [role, `${role}.All`]);
  const counting = candidates.filter((appRole) => {
    const caller = { tenantId: '', objectId: '', ofProvider: true, roles: [appRole] };
    return asked.some((role) => reachOf(caller, role) !== 'nobody');
  });
  expect(registration.appRoles.map(({ value }) => value).toSorted()).toEqual(counting.toSorted());
});

test('people hold every role but that of the factories', () => {
  const forMachinesAlone = registration.appRoles.filter(
    ({ allowedMemberTypes }) => !allowedMemberTypes.includes('User'),
  );
  expect(forMachinesAlone.map(({ value }) => value)).toEqual(['Factory.Notify']);
});

describe('a registration', () => {
  test('has access tokens of version 2 that tell apps from people, and an address', async () => {
    const appId = await registerApi(graph, name);
    expect(entra.application).toMatchObject({
      appId,
      displayName: 'cloud-migration-setup-dev',
      identifierUris: [`api://${appId}`],
      api: { requestedAccessTokenVersion: 2 },
      optionalClaims: { accessToken: [{ name: 'idtyp' }] },
      appRoles: registration.appRoles,
    });
    expect(entra.principals.has(appId)).toBe(true);
  });

  test('stays the same when it is made again', async () => {
    const first = await registerApi(graph, name);
    const before = structuredClone(entra.application);
    expect(await registerApi(graph, name)).toBe(first);
    expect(entra.application).toEqual(before);
  });

  test('is waited for where the directory does not know it at once', async () => {
    entra.notSeenYet = 5;
    expect(await registerApi(graph, name)).toBe(entra.application.appId);
    expect(entra.principals.size).toBe(1);
  });

  test('that is refused says what was asked for and why', async () => {
    entra.notSeenYet = Infinity;
    await expect(registerApi(graph, name)).rejects.toThrow(
      /^PATCH \/v1\.0\/applications\/.+ was answered 404: .*NotFound/,
    );
  });

  test('of another deployment is another one', async () => {
    expect(await registerApi(graph, registrationName('test'))).not.toBe(await registerApi(graph, name));
  });
});

describe('the role with which factories notify', () => {
  const notify = registration.appRoles.find(({ value }) => value === 'Factory.Notify')?.id;

  test('is given to each of them once', async () => {
    const appId = await registerApi(graph, name);
    expect(await assignNotify(graph, appId, factories)).toBe(3);
    expect(await assignNotify(graph, appId, [...factories, 'factory-4'])).toBe(1);
    expect(entra.assignments.map(({ principalId }) => principalId)).toEqual([...factories, 'factory-4']);
    expect(new Set(entra.assignments.map(({ appRoleId }) => appRoleId))).toEqual(new Set([notify]));
  });

  test('is given also where the identity is so new that the directory does not know it at once', async () => {
    const appId = await registerApi(graph, name);
    entra.notSeenYet = 3;
    expect(await assignNotify(graph, appId, factories)).toBe(3);
    expect(entra.assignments).toHaveLength(3);
  });
});

describe('a trial that is taken down', () => {
  test('leaves no registration, also none that could be restored', async () => {
    await registerApi(graph, name);
    await registerApi(graph, registrationName('other'));
    await removeApi(graph, name);
    expect([...entra.applications.keys()]).toEqual([registrationName('other')]);
    expect(entra.deleted.size).toBe(0);
    await removeApi(graph, name);
  });

  test('leaves no role of its factories', async () => {
    const requests: string[] = [];
    const id = '/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/r';
    const sendRequest: Entra['client']['sendRequest'] = async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      requests.push(`${request.method} ${pathname} ${searchParams.get('$filter') ?? ''}`.trim());
      return { request, status: 200, headers: createHttpHeaders(), bodyAsText: JSON.stringify({ value: [{ id }] }) };
    };
    const resourceManager = new AzureRest('https://management.azure.com', credential, { sendRequest }, 0);
    await removeFactoryRole(resourceManager, 'dev', 's');
    expect(requests).toEqual([
      "GET /subscriptions/s/providers/Microsoft.Authorization/roleDefinitions roleName eq 'Migration factory operator (dev, s)'",
      `DELETE ${id}`,
    ]);
    // As the template calls it.
    expect(infraText('main.bicep')).toContain("suffix: '${environmentName}, ${subscription().subscriptionId}'");
    expect(infraText('modules/factory-role.bicep')).toContain("roleName: '${role.name} (${suffix})'");
  });
});
