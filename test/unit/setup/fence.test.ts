import { describe, expect, test } from 'vitest';
import { stopReason } from '../../../shared/setup/fence.ts';
import type { Fence, StopReason } from '../../../shared/setup/fence.ts';
import type { SetupRecord } from '../../../shared/setup/head.ts';
import { setupStates } from '../../../shared/setup/states.ts';
import type { SetupState } from '../../../shared/setup/states.ts';
import { storedHead } from '../../support/setup/stored-setup.ts';

type Reason = StopReason | undefined;

/** What stops the work of an attempt itself, and that of the cleanup to which the attempt was given. */
const table: Readonly<Record<SetupState, Readonly<Record<'forward' | 'undo' | 'cleanup' | 'cleanupUndo', Reason>>>> = {
  Accepted: { forward: undefined, undo: undefined, cleanup: undefined, cleanupUndo: undefined },
  Running: { forward: undefined, undo: undefined, cleanup: undefined, cleanupUndo: undefined },
  WaitingForRuntime: { forward: undefined, undo: undefined, cleanup: undefined, cleanupUndo: undefined },
  Ready: { forward: 'superseded', undo: 'superseded', cleanup: 'superseded', cleanupUndo: 'superseded' },
  Completed: { forward: 'superseded', undo: undefined, cleanup: 'superseded', cleanupUndo: undefined },
  Failed: { forward: 'superseded', undo: undefined, cleanup: 'superseded', cleanupUndo: undefined },
  Canceling: { forward: 'canceled', undo: undefined, cleanup: undefined, cleanupUndo: undefined },
  Canceled: { forward: 'superseded', undo: undefined, cleanup: 'superseded', cleanupUndo: undefined },
  Deleting: { forward: 'superseded', undo: undefined, cleanup: undefined, cleanupUndo: undefined },
  Deleted: { forward: 'superseded', undo: undefined, cleanup: 'superseded', cleanupUndo: undefined },
};

const { tenantId, setupId } = storedHead;
const worker = { tenantId, setupId, attempt: 3 };

test.each(setupStates)('in state %s', (state) => {
  const setup = { ...storedHead, attempt: 3, state };
  const { forward, undo, cleanup, cleanupUndo } = table[state];
  expect(stopReason('forward', worker, setup)).toBe(forward);
  expect(stopReason('undo', worker, setup)).toBe(undo);
  const given = { ...setup, cleanup: 2 };
  expect(stopReason('forward', { ...worker, cleanup: 2 }, given)).toBe(cleanup);
  expect(stopReason('undo', { ...worker, cleanup: 2 }, given)).toBe(cleanupUndo);
});

const running = { ...storedHead, attempt: 3, state: 'Running' } as const;

test.each([
  ['an earlier attempt', { ...worker, attempt: 2 }, running],
  ['a later attempt', { ...worker, attempt: 4 }, running],
  ['a setup whose rows are gone', worker, undefined],
  ['an attempt that was given to a cleanup', worker, { ...running, cleanup: 1 }],
  ['a cleanup that another one has followed', { ...worker, cleanup: 1 }, { ...running, cleanup: 2 }],
  ['a cleanup that nobody began', { ...worker, cleanup: 1 }, running],
])('%s is superseded, also in its undo', (_who, who, setup) => {
  expect(stopReason('forward', who, setup)).toBe('superseded');
  expect(stopReason('undo', who, setup)).toBe('superseded');
});

test.each<Fence>(['forward', 'undo'])('%s works in a state in which the attempt does', (fence) => {
  expect(stopReason(fence, worker, running)).toBeUndefined();
});

test('an attempt that takes back what it made makes nothing more, while its cleanup does', () => {
  const undoing = { ...running, undoing: true };
  expect(stopReason('forward', worker, undoing)).toBe('superseded');
  expect(stopReason('undo', worker, undoing)).toBeUndefined();
  expect(stopReason('forward', { ...worker, cleanup: 1 }, { ...undoing, cleanup: 1 })).toBeUndefined();
});

test('what only reads is never stopped', () => {
  expect(stopReason('none', { ...worker, attempt: 1 }, undefined)).toBeUndefined();
});

describe('a replication run', () => {
  const run = { number: 2, start: 3 };
  const active = { start: 3, canceling: false };
  const ready: SetupRecord = { ...running, state: 'Ready', replication: { run: 2, active } };
  const canceled: SetupRecord = { ...ready, replication: { run: 2, active: { ...active, canceling: true } } };

  test('works while its setup is ready, and only ends what there is once it is canceled', () => {
    const reasons = (setup: SetupRecord) =>
      (['forward', 'undo', 'none'] as const).map((fence) => stopReason(fence, { ...worker, run }, setup));
    expect(reasons(ready)).toEqual([undefined, undefined, undefined]);
    expect(reasons(canceled)).toEqual(['canceled', undefined, undefined]);
  });

  test.each<[string, SetupRecord]>([
    ['of a setup that is deleted', { ...ready, state: 'Deleting' }],
    ['that has ended', { ...ready, replication: { run: 2 } }],
    ['that another one has followed', { ...ready, replication: { run: 3, active } }],
    ['that another orchestration works on', { ...ready, replication: { run: 2, active: { ...active, start: 4 } } }],
    ['of a setup that has none', running],
  ])('%s is superseded', (_which, setup) => {
    expect(stopReason('forward', { ...worker, run }, setup)).toBe('superseded');
    expect(stopReason('undo', { ...worker, run }, setup)).toBe('superseded');
  });
});
