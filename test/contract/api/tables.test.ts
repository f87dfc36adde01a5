import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planBlob, stagingContainer } from '../../../shared/factory/names.ts';
import { compressedLines } from '../../../shared/json-lines.ts';
import { LINES_OF_A_PART } from '../../../shared/plan/kept-plan.ts';
import type { KeptTable } from '../../../shared/plan/kept-plan.ts';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import { setupKey } from '../../../shared/setup/key.ts';
import { environmentOf, place, reached, setupBody, startHttpApi } from '../../support/api/http-api.ts';
import type { HttpApi } from '../../support/api/http-api.ts';
import type { Answer } from '../../support/api/http-call.ts';
import { tenantId } from '../../support/api/token-issuer.ts';
import { startTables } from '../../support/tables.ts';

const id = `setup-${crypto.randomUUID()}`;
const baseApp = '437dbf0e-84ff-417a-965d-ed2bb9650972';
const otherApp = '0b8f0f0e-9d0f-4f5e-9f5e-5d0e0b1f7a10';

let api: HttpApi;

/** A table of a company, copied by its changes unless it is left out for a reason. */
function table(name: string, rows: number, changes: Partial<KeptTable> = {}): KeptTable {
  const sourceTable = `CRONUS$${name}`;
  const planned = changes.reasonCode === undefined ? 'Delta' : 'None';
  return {
    company: 'CRONUS',
    tableName: name,
    appId: baseApp,
    sourceTable,
    destinationTable: sourceTable,
    copyMethod: planned,
    reasonCode: 'ChangesTracked',
    reason: 'As it is.',
    rows,
    bytes: rows * 100,
    ...(planned === 'None' ? {} : { group: { flow: 'Small', number: 1 } }),
    ...changes,
  };
}

const customer = table('Customer', 5);
const item = table('Item', 50, { columnsLeftOut: ['Old Field'] });
const vendor = table('Vendor', 5);
const card = table('Card', 7, { reasonCode: '50011', problems: '[No_] PK,|[Name T,] L,', appId: otherApp });
const gone = table('Gone', 0, { reasonCode: '50004', company: '' });
const away = table('Away', 9, { reasonCode: 'CompanyNotSelected', company: 'CRONUS B' });
const plan = [customer, item, vendor, card, gone, away];

beforeAll(async () => {
  api = await startHttpApi();
  await api.register(environmentOf(id));
  const body = JSON.stringify({ ...setupBody, destination: { environment: environmentOf(id) } });
  await call('putAssessment', {}, { headers: { 'content-type': 'application/json' }, body });
  const course = [reached.factorySelected, reached.runtimeCreated, reached.runtimeOnline, reached.checksCompleted];
  await api.reach(storedAssessmentId(id), ...course, { name: 'completed', data: { removed: [], left: [] } });
  await keep(1, plan);
});

afterAll(() => api.stop());

function call(name: string, query: Record<string, string> = {}, sent: object = {}): Promise<Answer> {
  const params = { assessmentId: id, attempt: '2' };
  return api.call(name, id, { ...sent, params, query: { 'api-version': '2026-11-01', ...query } });
}

const keyOf = (setupId = storedAssessmentId(id)) =>
  setupKey(api.services.settings.MIGRATION_EVENT_SOURCE, { tenantId, setupId });

/** Keeps a plan as an attempt does, in two parts. */
function keep(attempt: number, tables: readonly KeptTable[], of = storedAssessmentId(id)): Promise<void> {
  return keepParts(attempt, [tables.slice(0, 2), tables.slice(2)].map(compressedLines), of);
}

async function keepParts(attempt: number, parts: readonly Buffer[], of = storedAssessmentId(id)): Promise<void> {
  const staging = api.services.staging.of(place.region);
  const key = keyOf(of);
  await staging.open(key);
  await staging.write(key, planBlob(attempt), parts);
}

interface TableAnswer {
  readonly value: KeptTable[];
  readonly nextLink?: string;
}

const list = async (query: Record<string, string> = {}) =>
  (await call('listTablesOfAssessment', query)).body as TableAnswer;

/** All pages of a list, one after the other. */
async function pages(query: Record<string, string>): Promise<KeptTable[][]> {
  const found: KeptTable[][] = [];
  for (let continuation: string | null = ''; continuation !== null;) {
    const { value, nextLink } = await list({ ...query, ...(continuation === '' ? {} : { continuation }) });
    found.push(value);
    continuation = nextLink === undefined ? null : new URL(nextLink).searchParams.get('continuation');
  }
  return found;
}

describe('the tables of a plan', () => {
  test('are all there, in the order of the plan', async () => {
    expect(await list()).toEqual({ value: plan });
  });

  test.each<[Record<string, string>, readonly KeptTable[]]>([
    [{ company: 'CRONUS B' }, [away]],
    [{ company: '' }, [gone]],
    [{ appId: otherApp.toUpperCase() }, [card]],
    [{ copyMethod: 'None' }, [card, gone, away]],
    [{ copyMethod: 'None', withRows: 'true' }, [card, away]],
    [{ reasonCode: '50011' }, [card]],
    [{ problem: 'PK' }, [card]],
    [{ problem: 'L' }, [card]],
    // The T is one of a name.
    [{ problem: 'T' }, []],
    [{ problem: 'ColumnsLeftOut' }, [item]],
    [{ text: 'cronus$c' }, [customer, card]],
  ])('are those of %j', async (query, expected) => {
    expect((await list(query)).value).toEqual(expected);
  });

  test.each<[string, readonly KeptTable[]]>([
    ['rows desc', [item, away, card, customer, vendor, gone]],
    ['bytes desc', [item, away, card, customer, vendor, gone]],
    ['name', [away, card, customer, gone, item, vendor]],
    ['plan', plan],
  ])('come by %s, also page by page', async (orderby, expected) => {
    for (const maxpagesize of ['1', '2', '5', '6']) {
      const found = await pages({ orderby, maxpagesize });
      expect(found.flat()).toEqual(expected);
      expect(found).toHaveLength(Math.ceil(plan.length / Number(maxpagesize)));
    }
  });

  test('go on in their own order only', async () => {
    const { nextLink = '' } = await list({ maxpagesize: '1', orderby: 'name' });
    const continuation = new URL(nextLink).searchParams.get('continuation') ?? '';
    for (const wrong of [continuation, 'e30', '!']) {
      const refused = await call('listTablesOfAssessment', { continuation: wrong, orderby: 'plan' });
      expect(refused).toMatchObject({ status: 400, body: { code: 'InvalidQueryParameter' } });
    }
  });
});

describe('a plan of many tables', () => {
  const many = Array.from({ length: 2 * LINES_OF_A_PART + 50 }, (_, index) => table(`T${index}`, index % 10));
  const parts = [0, 1, 2].map((part) => {
    return compressedLines(many.slice(part * LINES_OF_A_PART, (part + 1) * LINES_OF_A_PART));
  });
  afterAll(() => keep(1, plan));

  test.each([
    [{}, () => true],
    [{ withRows: 'true' }, ({ rows }: KeptTable) => rows > 0],
    [{ text: 't1' }, ({ tableName }: KeptTable) => tableName.startsWith('T1')],
  ])('is all there in its order, page by page: %j', async (query, isWanted) => {
    await keepParts(1, parts);
    expect((await pages({ ...query, maxpagesize: '100' })).flat()).toEqual(many.filter(isWanted));
  });

  test('is read from the part of the page on', async () => {
    await keepParts(1, parts);
    const before = await continuationAfter(LINES_OF_A_PART + 100);
    await keepParts(1, [Buffer.from('unreadable'), ...parts.slice(1)]);
    const start = LINES_OF_A_PART + 100;
    expect((await list({ continuation: before })).value).toEqual(many.slice(start, start + 50));
    expect(await call('listTablesOfAssessment')).toMatchObject({ status: 500 });
  });

  test('is all there as release 1.0.0 has kept it, which noted no lengths of its parts', async () => {
    await keepParts(1, []);
    const { blobUrl, credential } = await startTables();
    const container = new BlobServiceClient(blobUrl, credential).getContainerClient(stagingContainer(keyOf()));
    const { folder, file } = planBlob(1);
    await container.getBlockBlobClient(`${folder}/${file}`).uploadData(Buffer.concat(parts));
    expect((await pages({ maxpagesize: '100' })).flat()).toEqual(many);
    const beyond = await continuationAfter(Number.MAX_SAFE_INTEGER);
    expect(await list({ continuation: beyond })).toEqual({ value: [] });
  });

  test('ends where there are no more parts', async () => {
    await keepParts(1, parts);
    expect(await list({ continuation: await continuationAfter(5 * LINES_OF_A_PART) })).toEqual({ value: [] });
  });
});

/** As a page of the plan in its order has it that ends with a line. */
async function continuationAfter(line: number): Promise<string> {
  const { nextLink = '' } = await list({ maxpagesize: '1' });
  const continuation = new URL(nextLink).searchParams.get('continuation') ?? '';
  const given = JSON.parse(Buffer.from(continuation, 'base64url').toString()) as object;
  return Buffer.from(JSON.stringify({ ...given, value: line, line })).toString('base64url');
}

test('a setup that took its checks over shows their plan until it has made its own', async () => {
  const setupId = `setup-${crypto.randomUUID()}`;
  await api.put(setupId);
  const course = [reached.factorySelected, reached.runtimeCreated, reached.runtimeOnline, reached.checksCompleted];
  await api.reach(setupId, ...course, reached.failed);
  await keep(1, plan, setupId);
  await api.call('replaySetup', setupId, { headers: { 'content-type': 'application/json' }, body: '{}' });
  const tables = async () => (await api.call('listTables', setupId)).body;
  expect(await tables()).toEqual({ value: plan });
  await keep(2, [customer], setupId);
  expect(await tables()).toEqual({ value: [customer] });
});

describe('the summary of a plan', () => {
  const cronus = {
    copied: { tables: 3, rows: 60, bytes: 6_000 },
    left: { tables: 1, tablesWithRows: 1, rows: 7, bytes: 700 },
    reasons: [{ reasonCode: '50011', tables: 1, tablesWithRows: 1, rows: 7, bytes: 700 }],
  };

  test('says what comes, what does not and why, of all and of each company', async () => {
    const { body } = await call('summarizeTablesOfAssessment');
    expect(body).toMatchObject({
      copied: cronus.copied,
      left: { tables: 3, tablesWithRows: 2, rows: 16, bytes: 1_600 },
      value: [{ company: 'CRONUS', ...cronus }, { company: '' }, { company: 'CRONUS B' }],
    });
    const { reasons } = body as { reasons: { reasonCode: string }[] };
    expect(reasons.map(({ reasonCode }) => reasonCode)).toEqual(['CompanyNotSelected', '50011', '50004']);
  });

  test('estimates the first run from earlier ones of such sources', async () => {
    expect((await call('summarizeTablesOfAssessment')).body).not.toHaveProperty('estimate');
    const { runFigures } = api.services;
    const other = { tenantId, setupId: 'other', attempt: 1 };
    await runFigures.note('AzureSql', other, { number: 1 }, { tables: 3, rows: 60, seconds: 1 });
    // Said twice, it counts once.
    for (const number of [1, 1, 2, 3]) {
      await runFigures.note('SqlServer', other, { number }, { tables: 3, rows: 60, seconds: 40 });
    }
    const { body } = await call('summarizeTablesOfAssessment');
    expect(body).toMatchObject({ estimate: { seconds: 40, earlierRuns: 3 } });
  });

  test('goes by app too, and page by page', async () => {
    const first = await call('summarizeTablesOfAssessment', { by: 'app', maxpagesize: '1' });
    const { value, nextLink = '' } = first.body as { value: object[]; nextLink?: string };
    expect(value).toMatchObject([{ appId: baseApp, copied: cronus.copied }]);
    const continuation = new URL(nextLink).searchParams.get('continuation') ?? '';
    const second = await call('summarizeTablesOfAssessment', { by: 'app', maxpagesize: '1', continuation });
    expect(second.body).toMatchObject({ value: [{ appId: otherApp, left: cronus.left }] });
    expect(second.body).not.toHaveProperty('nextLink');
  });
});

test.each(['summarizeTablesOfAssessment', 'listCompaniesOfAssessment'])(
  'no page of %s begins at a continuation that is none of it',
  async (name) => {
    const refused = { status: 400, body: { code: 'InvalidQueryParameter' } };
    for (const wrong of ['', '-1', '1.5', 'x', '1e9', '12345678901']) {
      const continuation = Buffer.from(wrong).toString('base64url');
      expect(await call(name, { continuation })).toMatchObject(refused);
    }
  },
);

test('5,000 companies are all listed, page by page', async () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `Company ${String(index).padStart(4, '0')}`);
  const measured = { displayName: null, isEvaluation: false, sizeGigabytes: 0.1 };
  const company = names.map((name) => ({ ...measured, name, sqlName: name }));
  const attempt = { tenantId, setupId: storedAssessmentId(id), attempt: 1 };
  await api.services.findings.put(attempt, { company });
  const found: string[] = [];
  for (let continuation: string | null = ''; continuation !== null;) {
    const query = { maxpagesize: '100', ...(continuation === '' ? {} : { continuation }) };
    const { body } = await call('listCompaniesOfAssessment', query);
    const { value, nextLink } = body as { value: { name: string }[]; nextLink?: string };
    found.push(...value.map(({ name }) => name));
    continuation = nextLink === undefined ? null : new URL(nextLink).searchParams.get('continuation');
  }
  expect(found).toEqual(names);
});

describe('a second look', () => {
  const diff = async () => (await call('diffAttemptsOfAssessment', { with: '1' })).body;

  beforeAll(async () => {
    await call('replayAssessment', {}, { headers: { 'content-type': 'application/json' }, body: '{}' });
    const again = { tenantId, setupId: storedAssessmentId(id), attempt: 2 };
    const { store } = api.services;
    await store.record(again, reached.checksCompleted);
    await store.record(again, { name: 'completed', data: { removed: [], left: [] } });
  });

  test('at unchanged databases finds nothing changed', async () => {
    await keep(2, plan);
    expect(await diff()).toMatchObject({ unchanged: true, tables: { total: 0, value: [] } });
  });

  test('at changed ones says what has', async () => {
    await keep(2, [customer, { ...item, rows: 51 }, vendor, card, away, table('New', 1)]);
    const compared = { copyMethod: 'Delta', reasonCode: 'ChangesTracked' };
    expect(await diff()).toMatchObject({
      unchanged: false,
      tables: {
        total: 3,
        value: [
          { name: 'CRONUS$Item', attempt: { ...compared, rows: 51 }, with: { ...compared, rows: 50 } },
          { name: 'CRONUS$New', attempt: { rows: 1 } },
          { name: 'CRONUS$Gone', with: { reasonCode: '50004' } },
        ],
      },
    });
    expect((await list({ attempt: '1' })).value).toEqual(plan);
  });
});
