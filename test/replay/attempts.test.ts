import { describe, expect, test } from 'vitest';
import { activities } from '../../orchestrators/contract.ts';
import { phases } from '../../shared/setup/states.ts';
import type { Phase } from '../../shared/setup/states.ts';
import { play } from '../support/durable/replay.ts';
import type { Played, World } from '../support/durable/replay.ts';
import { factories, setupInput, successfulWorld } from '../support/setup/setup-world.ts';
import type { Recorded } from '../support/setup/setup-world.ts';

const namesOf = ({ milestones }: Recorded) => milestones.map(({ name }) => name);
/** What takes back everything that an attempt may have made if it is canceled, in this order. */
const undoSteps = [
  'clearEnvironmentMark',
  'cancelRuns',
  'restorePreparation',
  'startSourceUndo',
  'releaseClaims',
  'removeEntities',
  'releaseFactory',
  'releaseEnvironment',
  'removeStaging',
];
const undoNames = new Set(undoSteps);
const ofUndo = (steps: readonly string[]) => steps.filter((step) => undoNames.has(step));

/** A world in which one call of an activity, counted from 0 over all of them, is stopped. */
function stoppedAt(index: number, reason: string): World & Recorded {
  const world = successfulWorld();
  let calls = 0;
  const stopping = Object.entries(world.activities).map(([name, run]) => [
    name,
    (input: never) => {
      calls += 1;
      return calls - 1 === index ? { stopped: reason } : run(input);
    },
  ]);
  return { ...world, activities: Object.fromEntries(stopping) as World['activities'] };
}

/** Every call of an activity that its fence or the store may stop, with the step under which it is scheduled. */
const whole = stoppedAt(-1, 'never');
const { steps: wholeSteps } = await play(whole, 'setup', setupInput);
const fenced = wholeSteps.flatMap((step, index) => {
  const name = (step.split('/').at(-1) ?? '') as keyof typeof activities;
  const isFenced = activities[name].fence !== 'none' || ['openAttempt', 'recordMilestone'].includes(name);
  return isFenced ? [{ index, step, fence: activities[name].fence }] : [];
});

describe('an attempt that is superseded', () => {
  test.each(fenced)('at $step ($index) ends there and takes nothing back', async ({ index }) => {
    const world = stoppedAt(index, 'superseded');
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ stopped: 'superseded' });
    // What the success itself gives back is no undo.
    expect(ofUndo(played.steps)).toEqual(ofUndo(wholeSteps.slice(0, index + 1)));
    expect(namesOf(world)).not.toContain('failed');
    expect(namesOf(world)).not.toContain('canceled');
  });

  test('at its opening, as a second run of it is, schedules nothing else', async () => {
    const world = successfulWorld({ openAttempt: () => ({ stopped: 'superseded' }) });
    const played = await play(world, 'setup', setupInput);
    expect(played).toMatchObject({ steps: ['openAttempt'], output: { stopped: 'superseded' } });
  });

  test('while it takes back what it made records no end', async () => {
    const failing = () => {
      throw new Error('the service does not answer');
    };
    const world = successfulWorld({ planTables: failing, removeEntities: () => ({ stopped: 'superseded' }) });
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ stopped: 'superseded' });
    expect(played.steps.at(-1)).toBe('removeEntities');
    expect(namesOf(world)).not.toContain('failed');
  });
});

/** What is taken back, by the phase in which the attempt learns that somebody wants its end. */
function undoneAfter(step: string): readonly string[] {
  if (step.startsWith('factorySelection/')) return undoSteps.slice(undoSteps.indexOf('releaseFactory'));
  if (step.startsWith('runtimeRegistration/')) return undoSteps.slice(undoSteps.indexOf('removeEntities'));
  return step.includes('/') || step === 'putReplication' ? undoSteps.slice(1) : undoSteps;
}

const runtimeStays = 'integration runtime shir-0123456789ab, for the next attempt';

test('an attempt lets what the one before has begun come to its end', async () => {
  const opened = { canceling: false, from: 'FactorySelection', installs: false, quietMs: 45_000 } as const;
  const clock = { now: Date.UTC(2026, 10, 24) };
  const chosenAt: number[] = [];
  const world = successfulWorld({ openAttempt: () => opened });
  const { selectFactory } = world.activities;
  const observed = {
    selectFactory(given: never) {
      chosenAt.push(clock.now - Date.UTC(2026, 10, 24));
      return selectFactory?.(given);
    },
  };
  await play({ ...world, activities: { ...world.activities, ...observed } }, 'setup', setupInput, clock);
  expect(chosenAt[0]).toBe(45_000);
});

describe('an attempt that is canceled', () => {
  // An undo step goes on when its attempt is canceled, and the opening says so in its answer.
  const forward = fenced.filter(({ fence, step }) => fence !== 'undo' && step !== 'openAttempt');

  test.each(forward)('at $step ($index) takes back what it made, newest first', async ({ index, step }) => {
    const world = stoppedAt(index, 'canceled');
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Canceled' });
    const before = ofUndo(wholeSteps.slice(0, index));
    expect(ofUndo(played.steps)).toEqual([...before, ...undoneAfter(step)]);
    expect(played.steps.at(-1)).toBe('recordMilestone');
    const left = step.startsWith('factorySelection/') ? [] : [runtimeStays];
    expect(world.milestones.at(-1)).toMatchObject({ name: 'canceled', data: { left } });
    expect(namesOf(world)).not.toContain('ready');
  });

  test('before it began gives back what its request has claimed', async () => {
    const world = successfulWorld({
      openAttempt: () => ({ canceling: true, from: 'FactorySelection', installs: false }),
    });
    const played = await play(world, 'setup', setupInput);
    expect(played.steps).toEqual(['openAttempt', 'releaseEnvironment', 'removeStaging', 'recordMilestone']);
    expect(played.output).toEqual({ state: 'Canceled' });
    expect(world.milestones).toEqual([{ name: 'canceled', data: { removed: ['container'], left: [] } }]);
  });

  test('names what it could not take back', async () => {
    const failing = () => {
      throw new Error('still referred to');
    };
    const world = successfulWorld({ planTables: () => ({ stopped: 'canceled' }), removeEntities: failing });
    expect(await play(world, 'setup', setupInput)).toMatchObject({ output: { state: 'Canceled' } });
    expect(world.milestones.at(-1)?.data).toMatchObject({
      left: [expect.stringContaining('entities in factory-b: ') as string, runtimeStays],
    });
  });

  test('waits for the end of its runs before it removes what they work with', async () => {
    let active = 3;
    const world = successfulWorld({
      planTables: () => ({ stopped: 'canceled' }),
      cancelRuns: () => {
        active -= 1;
        return { active };
      },
    });
    const { steps } = await play(world, 'setup', setupInput);
    expect(ofUndo(steps)).toEqual(['cancelRuns', 'cancelRuns', ...undoSteps.slice(1)]);
  });
});

const from = (phase: Phase) => ({ at: (later: Phase) => phases.indexOf(phase) <= phases.indexOf(later) });

/** A replay from a phase in a world where everything that was taken over still holds. */
function replayWorld(phase: Phase, replaced: World['activities'] = {}, events: World['events'] = {}) {
  const moved: unknown[] = [];
  const known = { factory: factories[2], runtimeName: 'shir-0123456789ab' };
  const activitiesOfReplay: World['activities'] = {
    openAttempt: () => ({ canceling: false, from: phase, ...known, installs: true }),
    selectFactory: ({ known: kept }: { known?: unknown }) => ({ factory: kept ?? factories[0] }),
    ensureRuntime: () => ({
      kind: 'present',
      runtimeName: 'shir-0123456789ab',
      ...(from(phase).at('RuntimeRegistration') ? {} : { answer: { kind: 'online', nodes: [] } }),
    }),
    moveBack: (back: { phase: unknown }) => {
      moved.push(back.phase);
      return null;
    },
  };
  const world = successfulWorld({ ...activitiesOfReplay, ...replaced }, events);
  return { ...world, moved };
}

const countOf = ({ steps }: Played, name: string) => steps.filter((step) => step.split('/').at(-1) === name).length;

describe.each(phases)('a replay from %s', (phase) => {
  test('makes everything anew, and asks only what it did not take over', async () => {
    const world = replayWorld(phase);
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Ready' });
    expect(world.moved).toEqual([]);
    const counts = {
      ensureRuntime: 1,
      putConnections: 1,
      putPreparation: 1,
      putReplication: 1,
      planTables: 1,
      markEnvironmentReady: 1,
      selectFactory: 1,
      // Each attempt installs, for that is where it claims the databases.
      startPreparation: from(phase).at('Assessment') ? 2 : 1,
      evaluateChecks: from(phase).at('Assessment') ? 1 : 0,
      holdsCatalogues: from(phase).at('Assessment') ? 0 : 1,
      recordInventory: from(phase).at('Inventory') ? 1 : 0,
    };
    const found = Object.keys(counts).map((name) => [name, countOf(played, name)]);
    expect(Object.fromEntries(found)).toEqual(counts);
  });
});

test('a replay reuses the runtime that was asked for, and no other one', async () => {
  const given: unknown[] = [];
  const ensureRuntime = (input: { runtimeName?: string }) => {
    given.push(input.runtimeName);
    return { kind: 'present', runtimeName: input.runtimeName ?? 'shir-0123456789ab' };
  };
  await play(replayWorld('TablePlan', { ensureRuntime }), 'setup', setupInput);
  await play(replayWorld('TablePlan', { ensureRuntime }), 'setup', { ...setupInput, runtimeName: 'shared-runtime' });
  // Its own runtime is made anew where it is gone; one that is reused must be there.
  expect(given).toEqual([undefined, 'shared-runtime']);
});

describe('what was taken over and does not hold any more', () => {
  test('lets the attempt choose among all factories', async () => {
    const asked: unknown[] = [];
    const world = replayWorld('TablePlan', {
      selectFactory: ({ known }: { known?: unknown }) => {
        asked.push(known);
        return known === undefined ? { factory: factories[0] } : { candidates: [] };
      },
    });
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Ready' });
    expect(world.moved).toEqual(['FactorySelection']);
    expect(asked).toEqual([factories[2], undefined]);
  });

  test('lets the attempt assess again when its runtime had to be waited for', async () => {
    let asked = 0;
    const ensureRuntime = () => {
      asked += 1;
      return asked === 1 ? { kind: 'offline' } : { kind: 'present', runtimeName: 'shir-one' };
    };
    const world = replayWorld('ReplicationPipeline', { ensureRuntime });
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Ready' });
    expect(world.moved).toEqual(['RuntimeRegistration']);
    expect(countOf(played, 'evaluateChecks')).toBe(1);
  });

  test('lets the attempt assess again when the catalogues that it would plan from are gone', async () => {
    const world = replayWorld('TablePlan', { holdsCatalogues: () => ({ holds: false }) });
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Ready' });
    expect(world.moved).toEqual(['Assessment']);
    expect(countOf(played, 'evaluateChecks')).toBe(1);
  });

  test('is moved back before the attempt fails in its installation', async () => {
    const message = 'Operation on target SourceObjects failed: no such object';
    const world = replayWorld('TablePlan', {}, { install: () => ({ kind: 'ended', status: 'Failed', message }) });
    expect(await play(world, 'setup', setupInput)).toMatchObject({ output: { state: 'Failed' } });
    expect(world.moved).toEqual(['Installation']);
    expect(namesOf(world)).toEqual(['failed']);
  });

  test('is not moved back in an attempt that somebody else works on', async () => {
    const world = replayWorld('Inventory', {
      selectFactory: () => ({ candidates: [] }),
      moveBack: () => ({ stopped: 'superseded' }),
    });
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ stopped: 'superseded' });
    expect(played.steps.at(-1)).toBe('factorySelection/moveBack');
  });
});
