import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import type { Milestone } from '../../../shared/setup/states.ts';
import { azureSource, environmentOf, reached, setupBody, source, startHttpApi } from '../../support/api/http-api.ts';
import type { ApiRequest, HttpApi } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { otherTenantId, tenantId } from '../../support/api/token-issuer.ts';

let api: HttpApi;
/** Of the assessment, and of a setup where there is one too. */
let id: string;

beforeAll(async () => {
  api = await startHttpApi();
});

afterAll(() => api.stop());

beforeEach(async () => {
  id = `setup-${crypto.randomUUID()}`;
  await api.register(environmentOf(id));
});

const completed: Milestone = { name: 'completed', data: { removed: ['mig_x_prepare'], left: [] } };
const blocked = {
  name: 'checksCompleted',
  data: { ...reached.checksCompleted.data, failed: 1, failedChecks: ['SRV-02'], tables: reached.tablesPlanned.data },
} as const satisfies Milestone;

function call(name: string, request: ApiRequest = {}): Promise<Answer> {
  return api.call(name, id, { ...request, params: { assessmentId: id, ...request.params } });
}

function put(assessmentId = id): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ ...setupBody, destination: { environment: environmentOf(id) } });
  return call('putAssessment', { params: { assessmentId }, headers, body });
}

async function complete(): Promise<void> {
  await put();
  await hasRuntime();
  const course = [reached.factorySelected, reached.runtimeCreated, reached.runtimeOnline, blocked, completed];
  await api.reach(storedAssessmentId(id), ...course);
}

/** The runtime of the assessment exists. */
async function hasRuntime(): Promise<void> {
  const [factory] = api.services.settings.MIGRATION_FACTORIES;
  if (factory === undefined) throw new Error('No factory is configured');
  await api.services.runtimes.use(tenantId, 'shir-one', factory, storedAssessmentId(id));
}

describe('PUT of an assessment', () => {
  test('accepts it, and starts the orchestration of a setup under an id that no setup can have', async () => {
    const answer = await put();
    expect(answer).toMatchObject({ status: 201, body: { assessmentId: id, state: 'Accepted' } });
    const operation = `assessment_${id}.1`;
    expect(answer.headers).toMatchObject({ 'operation-id': operation });
    expect(api.durable.starts.at(-1)?.path).toBe(`/orchestrators/setup/${tenantId}.${operation}`);
    expect(await call('getOperation', { params: { operationId: operation } })).toMatchObject({
      status: 200,
      body: { assessmentId: id, status: 'NotStarted' },
    });
  });

  test('changes nothing when it is repeated', async () => {
    await put();
    expect(await put()).toMatchObject({ status: 200, body: { state: 'Accepted', attempt: 1 } });
  });

  test('takes an environment from nobody: a setup of the same id has it, and further assessments share it', async () => {
    await put();
    expect(await api.put(id)).toMatchObject({ status: 201, body: { setupId: id } });
    expect(await put(`${id}-2`)).toMatchObject({ status: 201, body: { assessmentId: `${id}-2` } });
    expect(await call('getAssessment')).toMatchObject({ body: { state: 'Accepted', attempt: 1 } });
  });

  test('is refused for an environment that the tenant does not have', async () => {
    const body = JSON.stringify({ ...setupBody, destination: { environment: 'Nowhere' } });
    const refused = await call('putAssessment', { headers: { 'content-type': 'application/json' }, body });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ code: 'UnknownEnvironment' }] } });
  });
});

test('what is to be warned of is part of the request', async () => {
  const asked = (thresholds: object) => {
    const body = JSON.stringify({ ...setupBody, destination: { environment: environmentOf(id) }, thresholds });
    return call('putAssessment', { headers: { 'content-type': 'application/json' }, body });
  };
  const thresholds = { companyCountWarning: 10, backupAgeWarningDays: 0.5 };
  expect(await asked(thresholds)).toMatchObject({ status: 201, body: { thresholds } });
  expect(await asked({ backupAgeWarningDays: 0.5, companyCountWarning: 10 })).toMatchObject({ status: 200 });
  expect(await asked({ ...thresholds, companyCountWarning: 11 })).toMatchObject({
    status: 409,
    body: { errors: [{ pointer: '/thresholds', code: 'Differs' }] },
  });
  expect(await asked({ companyCountWarning: 0 })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/thresholds/companyCountWarning', detail: 'must be more than 0.' }] },
  });
  expect(await asked({ minimumCompatibilityLevel: 100 })).toMatchObject({ status: 400 });
});

describe('which checks are wanted', () => {
  const asked = (checkSelection: object) => {
    const body = JSON.stringify({ ...setupBody, destination: { environment: environmentOf(id) }, checkSelection });
    return call('putAssessment', { headers: { 'content-type': 'application/json' }, body });
  };

  test('is part of the request', async () => {
    const checkSelection = { exclude: ['SRV-02', 'TAB-04'] };
    expect(await asked(checkSelection)).toMatchObject({ status: 201, body: { checkSelection } });
    expect(await asked({ exclude: ['TAB-04', 'SRV-02'] })).toMatchObject({ status: 200 });
    expect(await asked({ exclude: ['TAB-04'] })).toMatchObject({
      status: 409,
      body: { errors: [{ pointer: '/checkSelection', code: 'Differs' }] },
    });
  });

  test('must be checks of the catalogue, in one of the two lists', async () => {
    expect(await asked({ include: ['TAB-04', 'srv-20'] })).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            pointer: '/checkSelection/include/1',
            code: 'UnknownCheck',
            detail: 'is no check; the nearest are SRV-10, SRV-01, SRV-02.',
          },
        ],
      },
    });
    for (const wrong of [{}, { include: [] }, { include: ['SRV-02'], exclude: ['TAB-04'] }]) {
      expect(await asked(wrong)).toMatchObject({ status: 400, body: { errors: [{ code: 'InvalidValue' }] } });
    }
  });

  test('leaves to a setup every check that blocks', async () => {
    const putSetup = (checkSelection: object) => {
      const params = { setupId: id };
      const body = JSON.stringify({ ...setupBody, destination: { environment: environmentOf(id) }, checkSelection });
      return api.call('putSetup', id, { headers: { 'content-type': 'application/json' }, params, body });
    };
    expect(await putSetup({ exclude: ['SRV-02', 'TAB-04'] })).toMatchObject({
      status: 400,
      body: {
        errors: [
          {
            pointer: '/checkSelection',
            code: 'RequiredCheck',
            detail: 'leaves out checks that block, which a setup needs: SRV-02.',
          },
        ],
      },
    });
    expect(await putSetup({ exclude: ['TAB-04'] })).toMatchObject({ status: 201 });
  });
});

describe('an assessment that has its report', () => {
  test('is completed, whatever its checks say, and shows what would come of the tables', async () => {
    await complete();
    const { tables, ...checks } = blocked.data;
    const { body } = await call('getAssessment', { token: 'reader' });
    expect(body).toMatchObject({ state: 'Completed', checks, tables });
    expect(body).toMatchObject({
      phases: ['FactorySelection', 'RuntimeRegistration', 'Assessment', 'Cleanup'].map((phase) => ({
        phase,
        state: 'Finished',
      })),
      replay: { url: expect.stringContaining(`/assessments/${id}/replay`) as string, from: 'Assessment' },
    });
    const operation = await call('getOperation', { params: { operationId: `assessment_${id}.1` } });
    expect(operation).toMatchObject({ body: { status: 'Succeeded' } });
  });

  test('announces nothing to those who listen for setups', async () => {
    await complete();
    expect(await api.services.store.pendingEvents({ tenantId, setupId: storedAssessmentId(id) })).toEqual([]);
    expect(await api.services.store.get({ tenantId, setupId: storedAssessmentId(id) })).toMatchObject({ sequence: 0 });
  });

  test('is made once more from its measurements on', async () => {
    await complete();
    const asked = { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ dryRun: true }) };
    expect(await call('replayAssessment', asked)).toMatchObject({
      status: 200,
      body: { assessmentId: id, from: 'Assessment', repeated: ['Assessment', 'Cleanup'] },
    });
    const again = { ...asked, body: JSON.stringify({}) };
    expect(await call('replayAssessment', again)).toMatchObject({
      status: 202,
      body: { assessmentId: id, attempt: 2 },
    });
    const attempts = (await call('listAttemptsOfAssessment')).body as { value: object[] };
    expect(attempts.value).toMatchObject([
      { attempt: 2, from: 'Assessment', takenOver: [{ phase: 'FactorySelection' }, { phase: 'RuntimeRegistration' }] },
      { attempt: 1, state: 'Completed', phase: 'Cleanup' },
    ]);
  });

  test('cannot be canceled any more, and is removed', async () => {
    await complete();
    expect(await call('cancelAssessment')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`Assessment ${id} is Completed`) as string },
    });
    const removal = await call('deleteAssessment');
    expect(removal).toMatchObject({ status: 202, body: { assessmentId: id } });
    expect(api.durable.starts.at(-1)?.path).toContain(`assessment_${id}.1.cleanup.1`);
  });
});

describe('a setup that names an assessment', () => {
  const withAssessment = (assessmentId = id) => ({ ...setupBody, assessmentId });

  test('begins with its runtime, and is the same setup when it is asked for again', async () => {
    await complete();
    const accepted = await api.put(id, withAssessment());
    expect(accepted).toMatchObject({ status: 201, body: { assessmentId: id, source: { runtimeName: 'shir-one' } } });
    expect(JSON.parse(api.durable.starts.at(-1)?.body ?? '')).toMatchObject({ runtimeName: 'shir-one' });
    await call('deleteAssessment');
    expect(await api.put(id, withAssessment())).toMatchObject({ status: 200 });
    expect(await api.put(id, withAssessment('another'))).toMatchObject({
      status: 409,
      body: { errors: [{ pointer: '/assessmentId', code: 'Differs' }] },
    });
  });

  test('begins with the runtime of an earlier attempt where the last one came to none', async () => {
    await complete();
    const replayed = { headers: { 'content-type': 'application/json' }, body: '{"from":"FactorySelection"}' };
    expect(await call('replayAssessment', replayed)).toMatchObject({ status: 202 });
    expect(await call('getAssessment')).not.toHaveProperty('body.runtime');
    expect(await api.put(id, withAssessment())).toMatchObject({
      status: 201,
      body: { source: { runtimeName: 'shir-one' } },
    });
  });

  test('is refused when the runtime is gone', async () => {
    await complete();
    const { runtimes } = api.services;
    const users = (await runtimes.get(tenantId, 'shir-one'))?.users ?? [];
    for (const user of users) await runtimes.leave(tenantId, 'shir-one', user, true);
    const removing = await runtimes.get(tenantId, 'shir-one');
    expect(await api.put(id, withAssessment())).toMatchObject({ status: 400 });
    if (removing !== undefined) await runtimes.forget(tenantId, removing);
    expect(await api.put(id, withAssessment())).toMatchObject({ status: 400 });
  });

  test('needs none of its runtime for an Azure SQL source', async () => {
    await put();
    const accepted = await api.put(id, { ...withAssessment(), source: azureSource });
    expect(accepted).toMatchObject({ status: 201, body: { assessmentId: id } });
    expect(accepted.body).not.toHaveProperty('source.runtimeName');
  });

  test('is refused when the assessment is gone', async () => {
    await complete();
    await call('deleteAssessment');
    const cleanup = { tenantId, setupId: storedAssessmentId(id), attempt: 1, cleanup: 1 };
    await api.services.store.record(cleanup, { name: 'deleted', data: { removed: [], left: [] } });
    expect(await api.put(id, withAssessment())).toMatchObject({ status: 400 });
  });

  test('is refused as long as there is no runtime, or no such assessment', async () => {
    const refused = { status: 400, body: { errors: [{ pointer: '/assessmentId', code: 'UnusableAssessment' }] } };
    expect(await api.put(id, withAssessment())).toMatchObject(refused);
    await put();
    expect(await api.put(id, withAssessment())).toMatchObject(refused);
    const other = await api.put(id, withAssessment(), { token: 'other', tenant: otherTenantId });
    expect(other).toMatchObject(refused);
    expect(await api.services.store.get({ tenantId, setupId: id })).toBeUndefined();
  });

  test('is refused with a runtime of another name, and is none that is an assessment itself', async () => {
    await complete();
    const both = { ...withAssessment(), source: { ...source, runtimeName: 'shir-two' } };
    expect(await api.put(id, both)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/assessmentId' }] } });
    const body = JSON.stringify({ ...withAssessment(), destination: { environment: environmentOf(id) } });
    const sent = { headers: { 'content-type': 'application/json' }, body };
    expect(await call('putAssessment', { ...sent, params: { assessmentId: `${id}-2` } })).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'UnusableAssessment' }] },
    });
  });
});

test('assessments have a list of their own, and setups theirs', async () => {
  await complete();
  await api.put(id);
  const query = { 'api-version': '2026-11-01', environment: environmentOf(id) };
  const assessments = await call('listAssessments', { query });
  expect(assessments.body).toMatchObject({ value: [{ assessmentId: id, state: 'Completed' }] });
  const setups = await call('listSetups', { query });
  expect(setups.body).toMatchObject({ value: [{ setupId: id, state: 'Accepted' }] });
  const all = await call('listAllSetups', { query, token: 'operator' });
  expect(all.body).toMatchObject({ value: [{ setupId: id }] });
  const selected = await call('listAssessments', { query: { ...query, select: 'assessmentId' } });
  expect(selected.body).toEqual({ value: [{ assessmentId: id }] });
});

test('what an assessment is asked is written down with its id', async () => {
  await put();
  const query = { 'api-version': '2026-11-01', tenantId, assessmentId: id };
  const { body } = await call('listAudit', { query, token: 'operator' });
  expect(body).toMatchObject({ value: [{ assessmentId: id, action: 'putSetup', result: 'attempt 1' }] });
});

test.each(['getAssessment', 'listChecksOfAssessment', 'cancelAssessment', 'deleteAssessment'])(
  '%s of what is a setup only, or of another tenant, finds nothing',
  async (name) => {
    await api.put(id);
    const missing = await call(name);
    expect(missing).toMatchObject({ status: 404, body: { code: 'AssessmentNotFound' } });
    await put();
    expect(await call(name, { token: 'other' })).toMatchObject({ status: 404, body: { code: 'AssessmentNotFound' } });
  },
);
