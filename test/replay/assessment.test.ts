import { describe, expect, test } from 'vitest';
import { play } from '../support/durable/replay.ts';
import { assessmentInput, successfulWorld } from '../support/setup/setup-world.ts';

const takesBack = /cancelRuns|holdsClaim|release|remove|clear/;

describe('an assessment, replayed from the start after every step', () => {
  test('looks, takes back what it made, and ends with its report', async () => {
    const world = successfulWorld();
    const { output } = await play(world, 'setup', assessmentInput);
    expect(output).toEqual({ state: 'Completed' });
    expect(world.calls.map(({ name }) => name)).toEqual([
      'openAttempt',
      'selectFactory',
      'ensureRuntime',
      'putConnections',
      'putPreparation',
      'startPreparation',
      'evaluateChecks',
      'beginUndo',
      'cancelRuns',
      'removeEntities',
      'readCheckpoints',
      'releaseFactory',
      'recordMilestone',
    ]);
    expect(world.milestones).toMatchObject([{ name: 'completed', data: { removed: ['everything'] } }]);
  });

  test('runs the stage that measures, and none that installs', async () => {
    const world = successfulWorld();
    await play(world, 'setup', assessmentInput);
    const stages = world.calls.filter(({ name }) => name === 'startPreparation').map(({ input }) => input);
    expect(stages).toMatchObject([{ stage: 'assess' }]);
  });

  test('fails when the databases cannot be measured, and asks neither of them for a claim', async () => {
    const failure = () => ({ kind: 'ended', status: 'Failed', message: 'SqlErrorNumber=18456' });
    const world = successfulWorld({}, { assess: failure });
    const { output, steps } = await play(world, 'setup', assessmentInput);
    expect(output).toEqual({ state: 'Failed' });
    expect(steps.filter((step) => takesBack.test(step))).toEqual(['cancelRuns', 'removeEntities', 'releaseFactory']);
  });

  test('is canceled as a setup is', async () => {
    const world = successfulWorld({ evaluateChecks: () => ({ stopped: 'canceled' }) });
    const { output, steps } = await play(world, 'setup', assessmentInput);
    expect(output).toEqual({ state: 'Canceled' });
    expect(steps.filter((step) => takesBack.test(step))).toEqual([
      'cancelRuns',
      'removeEntities',
      'releaseFactory',
      'removeStaging',
    ]);
  });
});
