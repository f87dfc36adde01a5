import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AuditLog } from '../../../shared/audit/audit-log.ts';
import { EnvironmentDirectory } from '../../../shared/environments/directory.ts';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import type { SetupState } from '../../../shared/setup/states.ts';
import type { SetupRecord } from '../../../shared/setup/store.ts';
import { newSetup, storedHead } from '../../support/setup/stored-setup.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

const { tenantId, destination } = newSetup;
const { environment: name, ...place } = destination;
const editor = () => ({ actor: 'operator', action: 'putEnvironment', requestId: crypto.randomUUID() });
const MINUTE = 60_000;

let tables: Tables;
let directory: EnvironmentDirectory;
let now: number;
/** The setups that exist, by id. */
let setups: Map<string, SetupRecord>;
let writing: Promise<void>;
let reads: number;
let onRead: (reads: number) => void = () => undefined;

beforeAll(async () => {
  tables = await startTables();
});

beforeEach(async () => {
  now = Date.parse('2026-11-24T10:00:00.000Z');
  setups = new Map();
  writing = Promise.resolve();
  reads = 0;
  const store = { get: async ({ setupId }: { setupId: string }) => setups.get(setupId) };
  directory = new EnvironmentDirectory(tables.table(holdWrites), store, new AuditLog(tables.table()), {
    now: () => new Date(now),
  });
  await directory.put(tenantId, { name, ...place }, undefined, editor());
});

const holdWrites: PipelinePolicy = {
  name: 'holdWrites',
  async sendRequest(request, next) {
    if (request.method === 'PUT') await writing;
    const response = await next(request);
    if (request.method === 'GET') onRead((reads += 1));
    return response;
  },
};

/** Lets several claims read the row before one of them writes. */
function writeAfterReads(count: number): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  writing = promise;
  reads = 0;
  onRead = (read) => {
    if (read === count) resolve();
  };
}

function exists(setupId: string, state: SetupState, changes: Partial<SetupRecord> = {}): void {
  setups.set(setupId, { ...storedHead, setupId, state, ...changes });
}

const claim = (setupId: string, attempt = 1) => directory.claim(tenantId, name, { setupId, attempt });
const claimed = { kind: 'claimed', environment: { name, ...place } };
const inUse = (setupId: string) => ({ kind: 'inUse', setupId });

describe('a claim', () => {
  test('gives the environment, whatever the case of its name', async () => {
    const claimant = { setupId: 'one', attempt: 1 };
    expect(await directory.claim(tenantId, name.toUpperCase(), claimant)).toEqual(claimed);
    expect(await directory.claim(tenantId, 'Nowhere', claimant)).toEqual({ kind: 'unknown' });
    expect(await directory.claim('another tenant', name, claimant)).toEqual({ kind: 'unknown' });
  });

  test('is made once of many at once', async () => {
    writeAfterReads(6);
    const results = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((setupId) => claim(setupId)));
    expect(results.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'inUse')).toHaveLength(5);
  });

  test('may be repeated, and passes on to the next attempt but not back', async () => {
    await claim('one');
    expect(await claim('one')).toEqual(claimed);
    expect(await claim('one', 2)).toEqual(claimed);
    expect(await claim('one', 1)).toEqual(inUse('one'));
  });

  test('of an assessment takes nothing: it shares the environment with whoever has it', async () => {
    const assessment = storedAssessmentId('one');
    expect(await claim(assessment)).toEqual(claimed);
    expect(await claim('one')).toEqual(claimed);
    expect(await claim(assessment, 2)).toEqual(claimed);
    expect(await claim('two')).toEqual(inUse('one'));
  });

  test('does not meet an environment that was deleted', async () => {
    const known = await directory.get(tenantId, name);
    if (known === undefined) throw new Error('The environment is gone');
    await directory.delete(tenantId, known, editor());
    expect(await claim('one')).toEqual({ kind: 'unknown' });
  });
});

describe('a claim is taken over', () => {
  beforeEach(() => claim('one'));

  test.each<[SetupState, boolean]>([
    ['Accepted', false],
    ['Running', false],
    ['WaitingForRuntime', false],
    ['Ready', false],
    ['Canceling', false],
    ['Deleting', false],
    ['Failed', true],
    ['Canceled', true],
    ['Deleted', true],
  ])('from a setup that is %s: %s', async (state, free) => {
    exists('one', state);
    now += 60 * 24 * MINUTE;
    expect(await claim('two')).toEqual(free ? claimed : inUse('one'));
  });

  test('from a setup that was never stored, once its request must be dead', async () => {
    now += 15 * MINUTE - 1;
    expect(await claim('two')).toEqual(inUse('one'));
    now += 1;
    expect(await claim('two')).toEqual(claimed);
    expect(await claim('one')).toEqual(inUse('two'));
  });

  test('from a setup that was stored with another environment', async () => {
    exists('one', 'Ready', { destination: { ...destination, environment: 'Sandbox' } });
    expect(await claim('two')).toEqual(inUse('one'));
    now += 15 * MINUTE;
    expect(await claim('two')).toEqual(claimed);
  });

  test('not from a next attempt that is about to begin', async () => {
    exists('one', 'Failed');
    await claim('one', 2);
    expect(await claim('two')).toEqual(inUse('one'));
  });
});

describe('a release', () => {
  test('gives back what the attempt has, and nothing of anybody else', async () => {
    await claim('one', 2);
    await directory.release(tenantId, name, { setupId: 'one', attempt: 1 });
    await directory.release(tenantId, name, { setupId: 'two', attempt: 2 });
    expect(await claim('two')).toEqual(inUse('one'));
    await directory.release(tenantId, name, { setupId: 'one', attempt: 2 });
    expect(await claim('two')).toEqual(claimed);
    await directory.release(tenantId, 'Nowhere', { setupId: 'one', attempt: 2 });
  });

  test('keeps the environment', async () => {
    await claim('one');
    await directory.release(tenantId, name, { setupId: 'one', attempt: 1 });
    expect(await directory.get(tenantId, name)).toMatchObject({ name, ...place });
  });
});

describe('a change', () => {
  const moved = { name, ...place, database: 'tenant02' };

  test('does not meet a claim that was made since the environment was read', async () => {
    const known = await directory.get(tenantId, name);
    if (known === undefined) throw new Error('The environment is gone');
    await claim('one');
    expect(await directory.put(tenantId, moved, known, editor())).toEqual({ kind: 'changed' });
    expect(await directory.delete(tenantId, known, editor())).toEqual({ kind: 'changed' });
    const read = await directory.get(tenantId, name);
    expect(await directory.put(tenantId, moved, read, editor())).toEqual(inUse('one'));
  });

  test('of several at once is made once', async () => {
    const known = await directory.get(tenantId, name);
    const changes = await Promise.all(
      ['a', 'b', 'c'].map((database) => directory.put(tenantId, { ...moved, database }, known, editor())),
    );
    expect(changes.map(({ kind }) => kind).sort()).toEqual(['changed', 'changed', 'done']);
  });

  test('ends what a setup that has failed had', async () => {
    await claim('one');
    exists('one', 'Failed');
    const known = await directory.get(tenantId, name);
    expect(await directory.put(tenantId, moved, known, editor())).toMatchObject({ kind: 'done', environment: moved });
    exists('one', 'Ready');
    expect(await claim('two')).toMatchObject({ kind: 'claimed', environment: { database: 'tenant02' } });
  });
});
