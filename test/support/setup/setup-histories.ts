import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CleanupInput } from '../../../shared/setup/attempt-input.ts';
import type { ReplicationRunInput } from '../../../shared/replication/run.ts';
import { setupFailure } from '../../../shared/setup/failure.ts';
import type { World } from '../durable/replay.ts';
import { TaskHub } from '../durable/task-hub.ts';
import { answers, assessmentInput, factories, setupInput, successfulWorld } from './setup-world.ts';

/** The orchestrations of the product with stand-ins for their activities. */
export const setupApp = path.join(import.meta.dirname, '../fixtures/setup-app');

/** The setup of which the histories tell. */
export const recordedSetup = 'tenant.contoso.1';

const RUNTIME_COMES_AFTER_MILLISECONDS = 600_000;

/** Activities that open waits, each with the answer when it is opened. */
function opensWith(answerOf: (eventName: keyof typeof answers) => unknown): World['activities'] {
  const runOf = (name: keyof typeof answers) => ({ runId: `run-${name}`, answer: answerOf(name) });
  const stageOf = ({ stage }: { stage: keyof typeof answers }) => runOf(stage);
  return {
    ensureRuntime: () => ({
      kind: 'present',
      runtimeName: 'shir-0123456789ab',
      answer: answerOf('runtime'),
    }),
    startPreparation: stageOf,
    startSourceUndo: stageOf,
    startReplication: () => runOf('replication'),
  };
}

export const answered = opensWith((name) => answers[name]);
const canceled = opensWith(() => ({ kind: 'canceled' }));

/** Stories that are told to their end, by the names of their files. */
const stories: Readonly<
  Record<string, { name: 'setup' | 'cleanup' | 'replicationRun'; input: object; activities: World['activities'] }>
> = {
  'failed-check': {
    name: 'setup',
    input: setupInput,
    activities: {
      ...answered,
      evaluateChecks: () => ({
        failure: setupFailure('StepFailed', 'The compatibility level is 120, expected is 130.'),
      }),
    },
  },
  assessed: {
    name: 'setup',
    input: assessmentInput,
    activities: answered,
  },
  canceled: {
    name: 'setup',
    input: setupInput,
    activities: canceled,
  },
  replayed: {
    name: 'setup',
    input: setupInput,
    activities: {
      ...answered,
      openAttempt: () => ({
        canceling: false,
        from: 'TablePlan',
        installs: true,
        factory: factories[1],
        runtimeName: 'shir-0123456789ab',
      }),
    },
  },
  'cleanup-of-a-dead-attempt': { name: 'cleanup', input: cleanupInput('failed'), activities: answered },
  replicated: { name: 'replicationRun', input: replicationInput(), activities: answered },
  'replication-canceled': {
    name: 'replicationRun',
    input: replicationInput(),
    activities: canceled,
  },
  deleted: { name: 'cleanup', input: cleanupInput('deleted'), activities: answered },
};

function replicationInput(): ReplicationRunInput {
  const { tenantId, setupId, attempt, key } = setupInput;
  return { tenantId, setupId, attempt, key, run: { number: 2, start: 1 }, mode: 'full', retryOf: 1 };
}

function cleanupInput(reason: CleanupInput['reason']): CleanupInput {
  const { tenantId, setupId, attempt, key } = setupInput;
  const subject = { tenantId, setupId, attempt, key, cleanup: 1 };
  const cause = 'The orchestration of the attempt ended as Terminated without a result.';
  const deadline = Date.UTC(2030, 0, 1);
  return { ...subject, reason, cause, removeRuntime: true, removeSource: true, deadline };
}

/** Runs setups, and writes into a directory what they leave: half done, waiting for a runtime, and at each kind of end. */
export async function recordSetupHistories(directory: string): Promise<void> {
  await inHub(successfulWorld().activities, async (hub) => {
    await hub.start('setup', setupInput, recordedSetup);
    await hub.advance(RUNTIME_COMES_AFTER_MILLISECONDS);
    await write(directory, 'waiting-for-runtime', hub);
    await answerWaits(hub);
    await hub.untilEnd(recordedSetup);
    await write(directory, 'ready', hub);
  });
  for (const [file, { name, input, activities }] of Object.entries(stories)) {
    await inHub(successfulWorld(activities).activities, async (hub) => {
      await hub.start(name, input, recordedSetup);
      await hub.untilEnd(recordedSetup);
      await write(directory, file, hub);
    });
  }
}

async function inHub(activities: World['activities'], work: (hub: TaskHub) => Promise<void>): Promise<void> {
  const hub = await TaskHub.open({ appDirectory: setupApp, activities });
  try {
    await work(hub);
  } finally {
    await hub.close();
  }
}

function write(directory: string, file: string, hub: TaskHub): Promise<void> {
  return writeFile(path.join(directory, `${file}.json`), `${JSON.stringify(hub.histories(), null, 2)}\n`);
}

/** Ends every wait of the recorded setup with success, one after the other. */
export async function answerWaits(hub: TaskHub): Promise<void> {
  for (const [eventName, part] of [
    ['runtime', 'runtimeRegistration'],
    ['assess', 'preparation'],
    ['install', 'preparation'],
  ] as const) {
    await hub.settle();
    await hub.raiseEvent(`${recordedSetup}.${part}`, eventName, answers[eventName]);
  }
}
