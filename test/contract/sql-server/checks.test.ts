// Every check by what the probes measure, over TDS: one thing is changed in the sample, measured, and put back.
import type { ConnectionPool } from 'mssql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleDatabases } from '../../../local/sample/load-sample.ts';
import { checkCatalogue, evaluateChecks } from '../../../shared/checks/catalogue.ts';
import type { CheckInput, CheckResult } from '../../../shared/checks/check.ts';
import { leftOutOf } from '../../../shared/plan/left-out.ts';
import type { LeftOutTables } from '../../../shared/plan/left-out.ts';
import { connectPool, LoginRefused } from '../../../shared/sql/connect.ts';
import { SqlDatabases } from '../../../shared/sql/database.ts';
import { besideProbes, measureDestination, measureSource, nothingLeftOut, planOf } from '../../support/measured.ts';
import { run, startLocalServers } from '../../support/sample-servers.ts';
import type { LocalServers } from '../../support/sample-servers.ts';
import { fixtures } from '../fixtures/checks.ts';
import type { Change, Fixture, Outcome, Place } from '../fixtures/checks.ts';

let servers: LocalServers;
let sample: Pick<CheckInput, 'source' | 'storage' | 'companies' | 'destination'> & { readonly leftOut: LeftOutTables };
let before: ReadonlyMap<string, Outcome>;

beforeAll(async () => {
  servers = await startLocalServers();
  const destination = await measureDestination(servers.destination);
  sample = { ...(await measureSource(servers.source)), destination, leftOut: nothingLeftOut };
  before = outcomesOf(evaluateChecks({ ...besideProbes, ...sample }));
});

afterAll(() => servers?.stop());

function outcomesOf(results: readonly CheckResult[]): Map<string, Outcome> {
  return new Map(
    results.map(({ id, status, severity, reason = 'unknown' }) => [
      id,
      status === 'failed' ? severity : status === 'skipped' ? reason : status,
    ]),
  );
}

const measuredPlaces = new Map<string, Promise<unknown>>();

/** What another place measures does not change. */
function once<Measured>(place: Place, measure: () => Promise<Measured>): Promise<Measured> {
  const known = measuredPlaces.get(String(place)) as Promise<Measured> | undefined;
  const measuring = known ?? measure();
  measuredPlaces.set(String(place), measuring);
  return measuring;
}

/** Measures a side as a fixture wants it, and puts back what it changed. */
async function measured<Measured>(
  pool: ConnectionPool,
  wanted: Change | Place | undefined,
  {
    measure,
    untouched,
    as,
  }: { measure: (pool: ConnectionPool) => Promise<Measured>; untouched: Measured; as?: Place | undefined },
): Promise<Measured> {
  if (wanted === undefined) return untouched;
  if (wanted.length === 3) return once(wanted, async () => measure(await servers.connect(...wanted)));
  const [apply, undo] = wanted;
  await run(pool, [apply]);
  try {
    return await measure(as === undefined ? pool : await servers.connect(...as));
  } finally {
    await run(pool, [undo]);
  }
}

async function evaluate({ source, as, destination, planned = false, input }: Fixture): Promise<CheckResult[]> {
  const measureTables = async (pool: ConnectionPool) => ({
    ...(await measureSource(pool)),
    leftOut: planned ? await leftOutOf(planOf(pool, servers.destination)) : nothingLeftOut,
  });
  const online = await measured(servers.destination, destination, {
    measure: measureDestination,
    untouched: sample.destination,
  });
  const all = {
    ...besideProbes,
    ...(await measured(servers.source, source, { measure: measureTables, untouched: sample, as })),
    destination: online,
    factoryAccess: online,
  };
  return evaluateChecks({ ...all, ...input?.(all) });
}

/** Another database, a login without rights, and the plan of the sample have several faults. */
const isAlone = ({ source: here, as, destination, planned = false }: Fixture) =>
  as === undefined && here?.length !== 3 && destination?.length !== 3 && !planned;

describe('a fault shows in its check, and in no other', () => {
  test.each(fixtures)('%s: %s (%#)', async (id, outcome, fixture) => {
    const results = await evaluate(fixture);
    const after = outcomesOf(results);
    expect(after.get(id)).toBe(outcome);
    // What is compared with a value that is unknown now is skipped.
    const others = [...after].filter(([other, now]) => other !== id && now !== before.get(other) && now !== 'unknown');
    expect(isAlone(fixture) ? others : []).toEqual([]);
    const result = results.find((candidate) => candidate.id === id);
    expect(result?.cause === '').toBe(outcome === 'passed');
    expect(result?.remedy.text === '').toBe(result?.status !== 'failed');
    expect(result?.measured === '').toBe(result?.status === 'skipped');
  });
});

/** No login lacks these: what the server says of the database that it has opened, and of the login itself. */
const alwaysSeen = 'SRV-01 SRV-02 SRV-03 SRV-04 SRV-05 SRV-10 SRV-11 AUT-02';
/** Of these a value that is denied is the failure itself. */
const deniedFails = 'AUT-03 AUT-04 AUT-06 AUT-07 VER-01 VER-06 CMP-01';
/** These are of no database. */
const ofNone = 'NET-01 SEC-02';
const neverSkipped = new Set([alwaysSeen, deniedFails, ofNone].join(' ').split(' '));

test.each(checkCatalogue.map(({ id }) => id))('%s has passed, has failed, and met what it may not read', (wanted) => {
  const seen = [...before, ...fixtures].filter(([id]) => id === wanted).map(([, outcome]) => outcome);
  const having = (...outcomes: Outcome[]) => seen.some((outcome) => outcomes.includes(outcome));
  expect(having('passed'), 'passed').toBe(true);
  expect(having('blocks', 'warns', 'informs', 'nothingToDo'), 'failed').toBe(true);
  expect(having('absent', 'denied', 'old', 'unknown'), 'skipped').toBe(!neverSkipped.has(wanted));
});

test('the sample has no fault that blocks', () => {
  expect([...before].filter(([, outcome]) => outcome !== 'passed')).toEqual([
    ['SRV-04', 'nothingToDo'],
    ['EXT-01', 'warns'],
    ['EXT-02', 'nothingToDo'],
    ['EXT-03', 'nothingToDo'],
    ['CMP-06', 'warns'],
    ['TAB-03', 'nothingToDo'],
  ]);
});

test('ten faults at once are exactly these ten in one report', async () => {
  const of = (ids: readonly string[], side: 'source' | 'destination'): Change => {
    const changes = fixtures.flatMap(([id, , fixture]) => {
      const change = fixture[side];
      return ids.includes(id) && change?.length === 2 ? [[id, change] as const] : [];
    });
    const first = [...new Map(changes.toReversed()).values()];
    return [first.map(([apply]) => apply).join(';'), first.map(([, undo]) => undo).join(';')];
  };
  const [mend, unmend] = of(['EXT-01', 'CMP-06'], 'source');
  await run(servers.source, [mend]);
  const results = await evaluate({
    source: of(['SRV-02', 'SRV-06', 'SRV-09', 'VER-03', 'VER-05'], 'source'),
    destination: of(['SRV-10', 'SRV-11', 'VER-04', 'EXT-04'], 'destination'),
    input: () => ({ selected: ['Nobody'] }),
  });
  await run(servers.source, [unmend]);
  expect(results.flatMap(({ id, status }) => (status === 'failed' ? [id] : []))).toEqual([
    'SRV-02',
    'SRV-06',
    'SRV-09',
    'SRV-10',
    'SRV-11',
    'VER-03',
    'VER-04',
    'VER-05',
    'EXT-04',
    'CMP-07',
  ]);
});

test('a login that the environment refuses is told, and no other failure', async () => {
  const refusing = new SqlDatabases(() =>
    connectPool({
      server: 'localhost',
      port: servers.portOf('online'),
      database: sampleDatabases.destination,
      user: 'stranger',
      password: servers.password,
      options: { encrypt: true, cryptoCredentialsDetails: { ca: servers.certificate } },
    }),
  );
  const place = { environment: 'Production', region: '', server: 'localhost', database: 'x' };
  const access = await refusing.useIfAdmitted(place, measureNothing);
  expect(evaluateChecks({ ...besideProbes, ...sample, ownAccess: access })).toContainEqual(
    expect.objectContaining({
      id: 'AUT-07',
      status: 'failed',
      measured: expect.stringMatching(/^refused: Login failed/) as string,
    }),
  );
  const broken = new SqlDatabases(() => Promise.reject(new Error('Nobody answers.')));
  await expect(broken.useIfAdmitted(place, measureNothing)).rejects.toThrow('Nobody answers.');
  const busy = new SqlDatabases(() => Promise.reject(new LoginRefused(40_613, new Error('It is not available.'))));
  await expect(busy.useIfAdmitted(place, measureNothing)).rejects.toThrow('It is not available.');
});

function measureNothing(): Promise<{ user: string; hasControl: boolean }> {
  return Promise.resolve({ user: 'app', hasControl: true });
}
