import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createToHandler } from '../../../functions/http/adapter.ts';
import { routes } from '../../../functions/routes.ts';
import { sweep } from '../../../functions/timers/sweep.ts';
import { systemClock } from '../../../shared/clock.ts';
import { callHandler, settingsFor } from '../../support/api/http-call.ts';
import { describedResponse, validatorOf } from '../../support/api/openapi.ts';
import { providerTenantId, startTokenIssuer } from '../../support/api/token-issuer.ts';
import { milestone } from '../../support/setup/stored-setup.ts';
import { first, onward, second, selected, startOrphanWorld } from '../../support/orphan-world.ts';
import type { OrphanWorld } from '../../support/orphan-world.ts';
import { emptyStorage } from '../../support/shared-endpoints.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const nobody = 'ffffffffffff';

let tables: Tables;
let world: OrphanWorld;
let logged: string[];

beforeAll(async () => {
  // The sweeper looks at all that is staged.
  await emptyStorage();
  tables = await startTables();
});

beforeEach(async () => {
  world = await startOrphanWorld(tables);
  onTestFinished(() => world.stop());
  logged = [];
});

const run = () => sweep(world.services, { warn: (...texts: unknown[]) => void logged.push(texts.join(' ')) });
const lineOf = ({ kind, name, place }: { kind: string; name: string; place: string }) => `${kind}|${name}|${place}`;
const all = async () => (await world.services.orphans.page(1_000)).values;
const reported = async () => (await all()).filter(({ removedAt }) => removedAt === undefined);
const reportedLines = async () => (await reported()).map(lineOf).toSorted();

/** Setups in every state with everything that is theirs, and things of others. */
async function plantLive(): Promise<void> {
  const { tenantId, services, keyOf } = world;
  await world.create('live-ready', [selected(first), ...onward]);
  await world.create('live-running', [selected(second)]);
  await world.create('live-failed', [selected(first), milestone('failed')]);
  for (const [setupId, factory] of [
    ['live-ready', first],
    ['live-running', second],
    ['live-failed', first],
  ] as const) {
    const [key, runtime] = [keyOf(setupId), `shir-${keyOf(setupId)}`];
    await world.putEntities(factory, key);
    await services.runtimes.use(tenantId, runtime, factory, setupId);
    await services.factories.createRuntime(factory, runtime, 'test');
    if (setupId !== 'live-running') await world.registerNode(factory, runtime);
  }
  const running = { key: keyOf('live-running'), attempt: 1 };
  await world.takePlace(second, running);
  await services.factories.createRuntime(first, 'runtime-of-somebody', 'test');
  await services.factories.put(first, 'linkedServices', 'mig_of_somebody', {
    properties: { type: 'AzureBlobStorage', typeProperties: { serviceEndpoint: tables.blobUrl } },
  });
  await services.secrets.put('password-of-somebody', 'value', { tenantId, setupId: 'gone' });
  await world.putBlob(keyOf('live-ready'));
}

/** One orphan of each kind and reason. */
async function plantOrphans(): Promise<string[]> {
  const { tenantId, services, keyOf } = world;
  const [ready, failed] = [keyOf('live-ready'), keyOf('orphan-failed')];
  await world.create('orphan-failed', [selected(first), milestone('failed')]);
  await world.create('orphan-deleted', [selected(first), milestone('failed')]);
  await world.remove('orphan-deleted');
  await world.putEntities(first, nobody);
  await world.putEntities(first, keyOf('orphan-deleted'));
  await world.putEntities(second, ready);
  await services.factories.createRuntime(first, `shir-${nobody}`, 'test');
  await services.factories.createRuntime(second, `shir-${ready}`, 'test');
  await services.runtimes.use(tenantId, `shir-${failed}`, first, 'orphan-failed');
  await services.factories.createRuntime(first, `shir-${failed}`, 'test');
  await services.secrets.put(`mig-${nobody}-00000001`, 'value', { tenantId, setupId: 'gone' });
  await services.secrets.put(`mig-${ready}-00000002`, 'value', { tenantId, setupId: 'live-ready' });
  for (const key of [failed, nobody]) {
    const holder = { key, attempt: 1 };
    await world.takePlace(first, holder);
  }
  await world.putBlob(nobody);
  const entities = (key: string, factory: string) => [
    `pipelines|mig_${key}_large|factory ${factory}`,
    `pipelines|mig_${key}_replicate|factory ${factory}`,
    `datasets|mig_${key}_source_table|factory ${factory}`,
    `linkedServices|mig_${key}_source|factory ${factory}`,
  ];
  return [
    ...entities(nobody, 'factory-1'),
    ...entities(keyOf('orphan-deleted'), 'factory-1'),
    ...entities(ready, 'factory-2'),
    `integrationRuntimes|shir-${nobody}|factory factory-1`,
    `integrationRuntimes|shir-${ready}|factory factory-2`,
    `integrationRuntimes|shir-${failed}|factory factory-1`,
    `secret|mig-${nobody}-00000001|vault`,
    `secret|mig-${ready}-00000002|vault`,
    `secret|mig-${keyOf('orphan-deleted')}-00000001|vault`,
    `reservation|${failed}|book of factories`,
    `reservation|${nobody}|book of factories`,
    `stagedBlobs|${nobody}|staging`,
  ].toSorted();
}

/** Claims stand in rows that stay. */
function claimsOf(...environments: string[]): string[] {
  return environments.map((name) => `environmentClaim|${world.tenantId}|${name}|directory of environments`);
}

describe('the sweeper', () => {
  test('reports what belongs to nobody and nothing else, and removes it after a day if it is told to', async () => {
    await plantLive();
    const live = await world.inventory();
    const planted = await plantOrphans();
    const expected = [...planted, ...claimsOf('orphanfailed', 'orphandeleted', 'livefailed')].toSorted();
    world.pass(2);
    await run();
    expect(logged).toEqual([]);
    expect(await reportedLines()).toEqual(expected);
    for (const { reason } of await reported()) expect(reason).toMatch(/^.+\.$/);

    world.pass(23);
    world.act('remove');
    await run();
    world.pass(2);
    world.act('report');
    await run();
    expect(await reportedLines()).toEqual(expected);

    world.act('remove');
    const failed = `secret|mig-${world.keyOf('orphan-failed')}-00000001|vault`;
    await run();
    expect(await world.inventory()).toEqual([...live, failed].toSorted());
    const removed = (await all()).filter(({ removedAt }) => removedAt !== undefined);
    expect(removed.map(lineOf).toSorted()).toEqual(expected);
    expect(await Array.fromAsync(world.services.environments.lapsedClaims())).toEqual([]);

    await run();
    expect(await reportedLines()).toEqual([]);
  });

  test('calls nothing an orphan that is younger than an hour', async () => {
    const { services, tenantId } = world;
    await services.secrets.put(`mig-${nobody}-00000001`, 'value', { tenantId, setupId: 'gone' });
    await world.putBlob(nobody);
    await services.factories.createRuntime(first, `shir-${nobody}`, 'test');
    world.pass(0.9);
    await run();
    expect(await reportedLines()).toEqual([]);
    world.pass(0.2);
    await run();
    expect(await reportedLines()).toHaveLength(3);
  });

  test('gives notice anew for what was somebody’s meanwhile', async () => {
    const { services } = world;
    await world.create('comes-back', [selected(first), milestone('failed')]);
    const holder = { key: world.keyOf('comes-back'), attempt: 1 };
    await world.takePlace(first, holder);
    const claim = claimsOf('comesback');
    world.pass(2);
    await run();
    expect(await reportedLines()).toEqual([...claim, `reservation|${holder.key}|book of factories`]);
    const setup = await services.store.require({ tenantId: world.tenantId, setupId: 'comes-back' });
    await services.store.beginNext(setup, setup, {
      from: 'FactorySelection',
      audit: { actor: 'somebody', action: 'replay', requestId: 'request-2' },
    });
    await run();
    expect(await reportedLines()).toEqual([]);
    await services.store.record({ ...setup, attempt: 2 }, milestone('failed'));
    world.act('remove');
    world.pass(23);
    await run();
    expect(await reportedLines()).toHaveLength(2);
  });

  test('goes on where a place does not answer, and leaves what was reported of it', async () => {
    const { services } = world;
    await world.putEntities(second, nobody);
    await world.putBlob(nobody);
    world.pass(2);
    await run();
    const before = await reportedLines();
    expect(before).toHaveLength(5);
    await world.stop();
    await services.staging.remove(nobody);
    await run();
    expect(await reportedLines()).toEqual(before.filter((line) => !line.startsWith('stagedBlobs')));
    expect(logged.join('\n')).toContain('The factory factory-2 could not be looked through');
  });

  test('is read page by page, by operators', async () => {
    const { services } = world;
    await world.putEntities(first, nobody);
    await world.putBlob(nobody);
    world.pass(2);
    await run();
    const issuer = await startTokenIssuer();
    onTestFinished(() => issuer.stop());
    const token = (roles: string[], tid: string) =>
      issuer.sign({ tid, iss: issuer.issuer.replace('{tenantId}', tid), roles });
    const route = routes.find(({ name }) => name === 'listOrphans');
    if (route === undefined) throw new Error('There is no route listOrphans');
    const handler = createToHandler({ ...services, clock: systemClock, settings: settingsFor(issuer) })(route);
    const call = async (query: Record<string, string>, bearer: string) =>
      callHandler(handler, {
        query: { 'api-version': '2026-11-01', ...query },
        headers: { authorization: `Bearer ${bearer}` },
      });

    const found: { kind: string; name: string; place: string }[] = [];
    const operator = await token(['Ops.Read'], providerTenantId);
    let query: Record<string, string> | undefined = { maxpagesize: '2' };
    while (query !== undefined) {
      const { status, body } = await call(query, operator);
      expect(status).toBe(200);
      validatorOf(describedResponse('listOrphans', 200)?.content?.['application/json']?.schema ?? {}).parse(body);
      const page = body as { value: typeof found; nextLink?: string };
      found.push(...page.value);
      query = page.nextLink === undefined ? undefined : Object.fromEntries(new URL(page.nextLink).searchParams);
    }
    expect(found.map(lineOf).toSorted()).toEqual(await reportedLines());
    for (const wrong of ['', 'x', '|secret|x', 'vault|secret', 'vault|secret|', 'vault|other|x']) {
      const continuation = Buffer.from(wrong).toString('base64url');
      expect(await call({ continuation }, operator)).toMatchObject({ status: 400 });
    }
    expect(await call({}, await token(['Ops.Read'], world.tenantId))).toMatchObject({ status: 403 });
  });
});
