import { describe, expect, test } from 'vitest';
import { wantedDestinationSchema, instanceIdOf, setupIdSchema, transitions } from '../../../shared/setup/setup.ts';
import {
  milestoneNames,
  milestones,
  milestoneSchema,
  phaseAfter,
  phases,
  terminalStates,
} from '../../../shared/setup/states.ts';
import type { MilestoneName, Phase, SetupState } from '../../../shared/setup/states.ts';

const successful = milestoneNames.filter((name) => name !== 'checksFailed' && name !== 'failed');
const viaRuntime = successful.filter((name) => name !== 'runtimeNotNeeded');
const withoutRuntime = successful.filter((name) => name !== 'runtimeCreated' && name !== 'runtimeOnline');

/** States and phases after each milestone of a course. */
function follow(course: readonly MilestoneName[]) {
  let phase: Phase = 'FactorySelection';
  return course.map((name) => {
    phase = phaseAfter(name, phase);
    return { name, state: milestones[name].state, phase };
  });
}

describe.each([
  ['a SQL Server source', viaRuntime],
  ['an Azure SQL source', withoutRuntime],
])('the milestones of %s', (_source, course) => {
  test('follow one another by allowed transitions, from Accepted to Ready', () => {
    const states = follow(course).map(({ state }) => state);
    expect(states[0]).toBe('Accepted');
    expect(states.at(-1)).toBe('Ready');
    const steps = states.slice(1).map((state, index) => [states[index] ?? 'Accepted', state] as const);
    expect(steps.filter(([from, to]) => !transitions[from].includes(to))).toEqual([]);
  });

  test('end every phase exactly once, in the order of the phases', () => {
    expect(course.filter((name) => milestones[name].position === 'ends').map((name) => milestones[name].phase)).toEqual(
      [...phases],
    );
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

test('nothing follows a terminal state', () => {
  for (const state of terminalStates) expect(transitions[state]).toEqual([]);
});

test('an attempt can fail in every state that it can leave', () => {
  const left = Object.entries(transitions).filter(([, next]) => next.length > 0);
  expect(left.map(([state]) => state)).toEqual(['Accepted', 'Running', 'WaitingForRuntime'] satisfies SetupState[]);
  for (const [, next] of left) expect(next).toContain('Failed');
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

test('instance ids of different attempts differ', () => {
  const attempt = { tenantId: 't', setupId: 'first-setup', attempt: 1 };
  expect(instanceIdOf(attempt)).toBe('t.first-setup.1');
  expect(instanceIdOf({ ...attempt, attempt: 2 })).not.toBe(instanceIdOf(attempt));
});

test.each(['abc', 'a-1', '0a0', `a${'b'.repeat(61)}c`])('%s is a setup id', (id) => {
  expect(setupIdSchema.safeParse(id).success).toBe(true);
});

test.each(['ab', 'Abc', '-ab', 'ab-', 'a_b', 'a|b', 'a.b', '', `a${'b'.repeat(62)}c`])('"%s" is no setup id', (id) => {
  expect(setupIdSchema.safeParse(id).success).toBe(false);
});

test.each([
  ['Production', true],
  ['Sandbox 2', true],
  ['a', true],
  [' Production', false],
  ['Production/1', false],
  ['a'.repeat(31), false],
])('environment "%s": %s', (environment, valid) => {
  expect(wantedDestinationSchema.safeParse({ environment }).success).toBe(valid);
});
