import type { OrchestrationHandler } from 'durable-functions';
import { describe, expect, test } from 'vitest';
import { NotDeterministic, play } from '../support/durable/replay.ts';
import { milestones } from '../../shared/setup/states.ts';
import { answered } from '../support/setup/setup-histories.ts';
import { setupFailure } from '../../shared/setup/failure.ts';
import { setupInput, successfulWorld } from '../support/setup/setup-world.ts';
import type { Recorded } from '../support/setup/setup-world.ts';

/** What a setup that succeeds does between its opening and its end. */
const work = [
  'selectFactory',
  'ensureRuntime',
  'putConnections',
  'putPreparation',
  'startPreparation',
  'evaluateChecks',
  'startPreparation',
  'recordInventory',
  'planTables',
  'putReplication',
  'markEnvironmentReady',
  'finish',
];

const at = '2026-11-01T00:00:00.000Z';

const offline = {
  kind: 'ended',
  status: 'Failed',
  message: "The Self-hosted Integration Runtime 'shir-1' is offline",
};

describe('a setup, replayed from the start after every step', () => {
  test('reaches Ready step by step', async () => {
    const world = successfulWorld();
    const played = await play(world, 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Ready' });
    expect(world.calls.map(({ name }) => name)).toEqual(['openAttempt', ...work]);
    // Whoever does the work of a step records what it has reached.
    expect(world.milestones).toEqual([]);
  });

  test.each([
    ['takes over the catalogues of its assessment', true, ['assess', 'install']],
    ['reads them once they hold no more', false, ['assess', 'catalogue', 'install']],
  ])('%s', async (_what, takenOver, stages) => {
    const catalogues = takenOver ? { takenOver, attempt: 2, at } : { takenOver, reason: 'They have changed.' };
    const world = successfulWorld({ takeCatalogues: () => catalogues });
    const { output } = await play(world, 'setup', { ...setupInput, assessmentId: 'looks' });
    expect(output).toEqual({ state: 'Ready' });
    const inputsOf = (name: string) => world.calls.filter((each) => each.name === name).map(({ input }) => input);
    expect(inputsOf('startPreparation')).toMatchObject(stages.map((stage) => ({ stage })));
    expect(inputsOf('putPreparation')).toMatchObject([{ assessmentId: 'looks' }]);
    expect(inputsOf('takeCatalogues')).toMatchObject([{ assessmentId: 'looks', runId: 'run-assess' }]);
    expect(inputsOf('evaluateChecks')).toMatchObject([{ catalogues, runId: 'run-assess' }]);
  });

  test('fails when its catalogues cannot be read', async () => {
    const message = 'Operation on target SourceCatalogue failed: SqlErrorNumber=18456,';
    const world = successfulWorld(
      { takeCatalogues: () => ({ takenOver: false, reason: 'They have changed.' }) },
      { catalogue: () => ({ kind: 'ended', status: 'Failed', message }) },
    );
    expect((await play(world, 'setup', { ...setupInput, assessmentId: 'looks' })).output).toEqual({ state: 'Failed' });
    expect(world.milestones).toMatchObject([{ name: 'failed', data: { failure: { code: '18456' } } }]);
  });

  test('keeps its own history short', async () => {
    const { historyRows } = await play(successfulWorld(), 'setup', setupInput);
    expect(historyRows).toBeLessThan(125);
  });

  test('waits for no runtime when the source is an Azure SQL database', async () => {
    const world = successfulWorld();
    const played = await play(world, 'setup', { ...setupInput, sourceKind: 'AzureSql' });
    expect(played.output).toEqual({ state: 'Ready' });
    expect(played.steps).not.toContain('runtimeRegistration/ensureRuntime');
  });

  test('waits for nothing that is there already', async () => {
    const nobody = { runtime: () => undefined, assess: () => undefined, install: () => undefined };
    const played = await play(successfulWorld(answered, nobody), 'setup', setupInput);
    expect(played.output).toEqual({ state: 'Ready' });
  });
});

describe('a setup that fails', () => {
  const codeOf = (milestone: Recorded['milestones'][number] | undefined) =>
    milestone?.name === 'failed' ? milestones.failed.data.parse(milestone.data).failure.code : milestone?.name;

  test('takes back what it made, newest first, and says so', async () => {
    const world = successfulWorld({
      evaluateChecks: () => ({
        failure: { code: '50001', cause: 'measured 120, expected 130', remedy: 'ALTER DATABASE' },
      }),
    });
    const { output, steps } = await play(world, 'setup', setupInput);
    expect(output).toEqual({ state: 'Failed' });
    expect(steps.filter((step) => /cancel|remove|release/.test(step))).toEqual([
      'cancelRuns',
      'removeEntities',
      'releaseFactory',
      'releaseEnvironment',
    ]);
    expect(codeOf(world.milestones.at(-1))).toBe('50001');
    expect(steps).not.toContain('preparation/planTables');
  });

  test('takes the mark of the environment back when it fails after it', async () => {
    const failing = () => {
      throw new Error('the service does not answer');
    };
    const { steps } = await play(successfulWorld({ finish: failing }), 'setup', setupInput);
    expect(steps.filter((step) => /clear|cancel|removeEntities|release/.test(step))).toEqual([
      'clearEnvironmentMark',
      'cancelRuns',
      'releaseClaims',
      'removeEntities',
      'releaseFactory',
      'releaseEnvironment',
    ]);
  });

  test('cancels a pipeline run that takes too long', async () => {
    const world = successfulWorld({}, { install: () => undefined });
    const { steps } = await play(world, 'setup', setupInput);
    expect(steps).toContain('cancelRuns');
    expect(codeOf(world.milestones.at(-1))).toBe('52073');
  });

  test.each([
    ['assess', undefined, '52073', 'RuntimeFull'],
    ['install', undefined, '52073', 'RuntimeFull'],
    ['assess', offline, '52071', 'RuntimeExpired'],
    ['runtime', undefined, '52071', 'RuntimeExpired'],
  ])('asks the runtime when %s fails, and takes its word: %#', async (event, answer, met, code) => {
    const explainFailure = ({ failure }: { failure: { code: string } }) => ({
      explained: { ...failure, code: failure.code === met ? code : failure.code },
    });
    const world = successfulWorld({ explainFailure }, { [event]: () => answer });
    await play(world, 'setup', { ...setupInput, runtimeWaitSeconds: 600 });
    expect(codeOf(world.milestones.at(-1))).toBe(code);
  });

  test('ends with the reasons of the factories when none has room', async () => {
    const refused = { name: 'factory-a', eligible: false, score: 0, reasons: ['4995 of 5000 entities'] };
    const candidates = [{ ...refused, obstacle: 'has no room for another setup' }];
    const world = successfulWorld({ selectFactory: () => ({ candidates }) });
    await play(world, 'setup', setupInput);
    expect(codeOf(world.milestones.at(-1))).toBe('52090');
    expect(JSON.stringify(world.milestones.at(-1))).toContain('factory-a has no room for another setup');
    expect(JSON.stringify(world.milestones)).not.toContain('4995');
  });

  test('ends when no node came online in time', async () => {
    const world = successfulWorld({}, { runtime: () => undefined });
    await play(world, 'setup', { ...setupInput, runtimeWaitSeconds: 600 });
    expect(codeOf(world.milestones.at(-1))).toBe('52071');
  });

  test('ends when a pipeline run fails, with its cause for all, and for operators with what Data Factory said', async () => {
    const message = 'Operation on target SourceProbe failed: SqlErrorNumber=18456, login failed';
    const world = successfulWorld({}, { assess: () => ({ kind: 'ended', status: 'Failed', message }) });
    await play(world, 'setup', setupInput);
    expect(codeOf(world.milestones.at(-1))).toBe('18456');
    expect(JSON.stringify(world.milestones.at(-1))).toContain('could not open the source database: SQL error 18456.');
    expect(world.calls.at(-1)).toMatchObject({ name: 'recordMilestone', input: { detail: message } });
  });

  test.each([...new Set(work)])(
    'is recorded as failed when %s fails in every attempt',
    { timeout: 60_000 },
    async (activity) => {
      const world = successfulWorld({
        [activity]: () => {
          throw new Error('the service does not answer');
        },
      });
      const { output } = await play(world, 'setup', setupInput);
      expect(output).toEqual({ state: 'Failed' });
      expect(codeOf(world.milestones.at(-1))).toBe('StepFailed');
      expect(JSON.stringify(world.milestones.at(-1))).toContain('the service does not answer');
    },
  );

  test('is recorded as failed at once when an activity fails for a reason that stays', async () => {
    const failed = setupFailure('VaultRefused', 'Key Vault does not let the service read a password.');
    const world = successfulWorld({ putConnections: () => ({ failed }) });
    const { steps } = await play(world, 'setup', setupInput);
    expect(codeOf(world.milestones.at(-1))).toBe('VaultRefused');
    expect(world.calls.filter(({ name }) => name === 'putConnections')).toHaveLength(1);
    expect(steps).toContain('removeEntities');
  });

  test('has tried for more than an hour', async () => {
    const failing = () => {
      throw new Error('the service does not answer');
    };
    const clock = { now: 0 };
    await play(successfulWorld({ planTables: failing }), 'setup', setupInput, clock);
    expect(clock.now).toBeGreaterThan(3_600_000);
    expect(clock.now).toBeLessThan(5_400_000);
  });

  test('goes on when an activity succeeds in a later attempt', async () => {
    let calls = 0;
    const world = successfulWorld({
      planTables: () => {
        calls += 1;
        if (calls < 3) throw new Error('connection reset');
        return null;
      },
    });
    const { output } = await play(world, 'setup', setupInput);
    expect(output).toEqual({ state: 'Ready' });
  });

  test('names what could not be taken back', async () => {
    const failing = () => {
      throw new Error('still referred to');
    };
    const world = successfulWorld({ planTables: failing, removeEntities: failing });
    await play(world, 'setup', setupInput);
    expect(JSON.stringify(world.milestones.at(-1))).toContain('entities in factory-b: ');
  });
});

describe('the comparison', () => {
  const activities = { first: () => 1, second: () => 2 };

  test('catches a step that exists only on the first pass', async () => {
    const guarded: OrchestrationHandler = function* (context) {
      if (!context.df.isReplaying) yield context.df.callActivity('first', 0);
      return (yield context.df.callActivity('second', 0)) as unknown;
    };
    await expect(play({ orchestrations: { guarded }, activities }, 'guarded', null)).rejects.toThrow(NotDeterministic);
  });

  test('catches an input that changes from pass to pass', async () => {
    let pass = 0;
    const counting: OrchestrationHandler = function* (context) {
      pass += 1;
      return (yield context.df.callActivity('first', pass)) as unknown;
    };
    await expect(play({ orchestrations: { counting }, activities }, 'counting', null)).rejects.toThrow(
      NotDeterministic,
    );
  });
});
