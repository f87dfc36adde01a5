import { describe, expect, test } from 'vitest';
import {
  canFollow,
  isBefore,
  milestoneNames,
  milestones,
  milestoneSchema,
  phaseAfter,
  phases,
} from '../../../shared/setup/states.ts';
import type { MilestoneName, Phase, SetupState } from '../../../shared/setup/states.ts';

/** Milestones on the way of an attempt after which it works on. */
const onTheWay: readonly MilestoneName[] = [
  'factorySelected',
  'runtimeOnline',
  'runtimeNotNeeded',
  'checksCompleted',
  'checksFailed',
  'proceduresCreated',
  'inventoryCompleted',
  'tablesPlanned',
  'replicationPipelineCreated',
  'environmentMarked',
  'cleanupCompleted',
];

/** Which milestones may follow each state; no other one may. */
const following: Readonly<Record<SetupState, readonly MilestoneName[]>> = {
  Accepted: [...onTheWay, 'cancelRequested', 'failed'],
  Running: [...onTheWay, 'runtimeCreated', 'ready', 'completed', 'cancelRequested', 'failed'],
  WaitingForRuntime: [...onTheWay, 'runtimeCreated', 'cancelRequested', 'failed'],
  Canceling: ['canceled', 'completed', 'failed'],
  Ready: ['deleteRequested'],
  Completed: ['accepted', 'deleteRequested'],
  Failed: ['accepted', 'deleteRequested'],
  Canceled: ['accepted', 'deleteRequested'],
  Deleting: ['deleted', 'deletionFailed'],
  Deleted: ['accepted'],
};

describe.each(Object.entries(following) as [SetupState, MilestoneName[]][])('after %s', (state, allowed) => {
  test.each(milestoneNames)('comes %s or not, as the table says', (name) => {
    expect(canFollow(name, state)).toBe(allowed.includes(name));
  });
});

const course = [
  'accepted',
  'factorySelected',
  'runtimeCreated',
  'runtimeOnline',
  'runtimeNotNeeded',
  'checksCompleted',
  'proceduresCreated',
  'inventoryCompleted',
  'tablesPlanned',
  'replicationPipelineCreated',
  'environmentMarked',
  'cleanupCompleted',
  'ready',
] as const satisfies readonly MilestoneName[];
const viaRuntime = course.filter((name) => name !== 'runtimeNotNeeded');
const withoutRuntime = course.filter((name) => name !== 'runtimeCreated' && name !== 'runtimeOnline');

/** States and phases after each milestone of a course. */
function follow(names: readonly MilestoneName[]) {
  let phase: Phase = 'FactorySelection';
  return names.map((name) => {
    phase = phaseAfter(name, phase);
    return { name, state: milestones[name].state, phase };
  });
}

describe.each([
  ['a SQL Server source', viaRuntime],
  ['an Azure SQL source', withoutRuntime],
])('the milestones of %s', (_source, names) => {
  test('follow one another by allowed transitions, from Accepted to Ready', () => {
    const followed = follow(names);
    expect(followed[0]?.state).toBe('Accepted');
    expect(followed.at(-1)?.state).toBe('Ready');
    const steps = followed.slice(1).map(({ name }, index) => [followed[index]?.state ?? 'Accepted', name] as const);
    expect(steps.filter(([state, name]) => !canFollow(name, state))).toEqual([]);
  });

  test('end every phase exactly once, in the order of the phases', () => {
    expect(names.filter((name) => milestones[name].position === 'ends').map((name) => milestones[name].phase)).toEqual([
      ...phases,
    ]);
  });
});

test('a phase goes on until the milestone that ends it', () => {
  const courses = follow(['accepted', 'factorySelected', 'runtimeCreated', 'runtimeOnline', 'checksCompleted']);
  expect(courses.map(({ phase }) => phase)).toEqual([
    'FactorySelection',
    'RuntimeRegistration',
    'RuntimeRegistration',
    'Assessment',
    'Installation',
  ]);
});

test('checks that block do not end their phase', () => {
  expect(phaseAfter('checksFailed', 'Assessment')).toBe('Assessment');
});

test('the last phase stays when it has ended', () => {
  expect(phaseAfter('cleanupCompleted', 'Cleanup')).toBe('Cleanup');
  expect(phaseAfter('ready', 'Cleanup')).toBe('Cleanup');
});

test('an attempt fails in the phase that is under way', () => {
  for (const phase of phases) expect(phaseAfter('failed', phase)).toBe(phase);
});

test.each([['failed'], ['canceled'], ['cancelRequested'], ['deleteRequested'], ['deleted']] as const)(
  '%s leaves the phase that is under way',
  (name) => {
    for (const phase of phases) expect(phaseAfter(name, phase)).toBe(phase);
  },
);

test('a phase is before those that come later, and not before itself', () => {
  expect(isBefore('FactorySelection', 'Cleanup')).toBe(true);
  expect(isBefore('Inventory', 'Assessment')).toBe(false);
  for (const phase of phases) expect(isBefore(phase, phase)).toBe(false);
});

test('a setup waits for its runtime between its creation and its first node, and at no other time', () => {
  expect(milestoneNames.filter((name) => milestones[name].state === 'WaitingForRuntime')).toEqual(['runtimeCreated']);
});

describe('a milestone as it travels to the store', () => {
  const ready = { name: 'ready', data: { environment: 'Production', pipelines: ['mig_0_replicate'] } };

  test('is taken with its data', () => {
    expect(milestoneSchema.parse(ready)).toEqual(ready);
  });

  test.each([
    ['the data of another', { name: 'ready', data: { companies: 1, extensions: 2 } }],
    ['no data', { name: 'ready' }],
    ['an unknown name', { name: 'almostReady', data: {} }],
  ])('is refused with %s', (_what, milestone) => {
    expect(() => milestoneSchema.parse(milestone)).toThrow(Error);
  });
});
