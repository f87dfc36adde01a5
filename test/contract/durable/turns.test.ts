import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { resultOfThrown, type OrchestratorState, type TurnResult } from '../../../local/host/durable/actions.ts';
import { EventType, type ExecutionStarted, type HistoryEvent } from '../../../local/host/durable/history.ts';
import { decideTurn, type TurnOutcome } from '../../../local/host/durable/turn.ts';

/**
 * What the published Durable extension was recorded to do, turn by turn: each turn's history and the SDK's answer lead to
 * the events that the next turn's history shows.
 */
const directory = path.join(import.meta.dirname, '../../recordings/durable');

interface RecordedTurn {
  readonly payload: { readonly history: readonly HistoryEvent[] };
  readonly result: OrchestratorState | { readonly $thrown: { readonly message: string; readonly stack?: string } };
}

interface Recording {
  readonly case: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly turns: readonly RecordedTurn[];
  readonly final?: { readonly runtimeStatus: string; readonly output: unknown };
  readonly children?: readonly { readonly turns: readonly RecordedTurn[] }[];
}

const recordings = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as Recording);

function decide(recording: Recording, { payload, result }: RecordedTurn) {
  const turnStart = payload.history.findLastIndex((event) => event.EventType === EventType.OrchestratorStarted);
  const started = startOf({ payload });
  const exists = (name: string): boolean => name in recording.sources;
  return decideTurn({
    name: started.Name,
    past: payload.history.slice(0, turnStart),
    arrived: payload.history.slice(turnStart),
    result: readResult(result),
    scope: {
      executionId: started.OrchestrationInstance.ExecutionId,
      hasActivity: exists,
      hasOrchestrator: exists,
      storeInputs: false,
      defaultVersion: null,
    },
    now: '2026-11-23T12:00:00.000Z',
  });
}

function readResult(result: RecordedTurn['result']): TurnResult {
  return '$thrown' in result ? resultOfThrown(result.$thrown.message, result.$thrown.stack ?? '') : { state: result };
}

/** Times of the turn itself differ; what is due, and everything else that the recording holds, does not. */
function comparable(event: HistoryEvent): object {
  const { Timestamp: _, ...members } = event;
  const FireAt = 'FireAt' in event ? { FireAt: event.FireAt.replace(/\.?0+Z$/, 'Z') } : {};
  return Object.fromEntries(Object.entries({ ...members, ...FireAt }).filter(([, value]) => value !== null));
}

/** What a turn led to: a new generation with its input and carried events, an end, or events added to the history. */
type Effect = { readonly generation: object } | { readonly ended: true } | { readonly added: object[] };

function effectOf({ payload: { history } }: RecordedTurn, outcome: TurnOutcome): Effect {
  if (outcome.nextGeneration !== undefined) {
    const { input, carried } = outcome.nextGeneration;
    return { generation: { input, carried: carried.map(comparable) } };
  }
  if (outcome.completion !== undefined) return { ended: true };
  const turnStart = history.findLastIndex((event) => event.EventType === EventType.OrchestratorStarted);
  return { added: outcome.events.slice(history.length - turnStart).map(comparable) };
}

/** The same, as the next turn's history shows it. */
function recordedEffect({ payload: { history } }: RecordedTurn, next: RecordedTurn): Effect {
  const started = startOf(next);
  if (
    started.OrchestrationInstance.ExecutionId !== startOf({ payload: { history } }).OrchestrationInstance.ExecutionId
  ) {
    // After continueAsNew the first turn already shows its own end; an id that is used again begins afresh.
    if (next.payload.history.at(-1)?.EventType !== EventType.OrchestratorCompleted) return { ended: true };
    const carried = next.payload.history.filter((event) => event.EventType === EventType.EventRaised);
    return { generation: { input: started.Input, carried: carried.map(comparable) } };
  }
  const later = next.payload.history.slice(history.length);
  const nextStart = later.findIndex((event) => event.EventType === EventType.OrchestratorStarted);
  return { added: later.slice(0, nextStart).map(comparable) };
}

function startOf({ payload: { history } }: Pick<RecordedTurn, 'payload'>): ExecutionStarted {
  const started = history.find((event) => event.EventType === EventType.ExecutionStarted);
  if (started === undefined) throw new Error('A recorded turn has no start.');
  return started;
}

const turns = recordings.flatMap((recording) =>
  [recording.turns, ...(recording.children ?? []).map((child) => child.turns)].flatMap((sequence, orchestration) =>
    sequence.flatMap((turn, index) => {
      const next = sequence[index + 1];
      const name = `${recording.case}${orchestration === 0 ? '' : `, child ${orchestration}`}, turn ${index + 1}`;
      return next === undefined ? [] : [{ name, recording, turn, next }];
    }),
  ),
);

test('the recordings are complete', () => {
  expect([recordings.length, turns.length]).toEqual([155, 328]);
});

test.each(turns)('$name', ({ recording, turn, next }) => {
  expect(effectOf(turn, decide(recording, turn))).toEqual(recordedEffect(turn, next));
});

const ends = recordings.filter(({ turns: { length }, final }) => length > 0 && final !== undefined);

test.each(ends)('the end of $case', (recording) => {
  const last = recording.turns.at(-1);
  if (last === undefined) throw new Error('a recording without turns');
  const { OrchestrationStatus = 'Running', Result = null } = decide(recording, last).completion ?? {};
  const isJson = OrchestrationStatus === 'Completed' && Result !== null;
  // Where the recording cut a stack off, it cut the bracket behind it, too.
  const output: unknown = isJson ? JSON.parse(Result) : (Result?.replace('<stack>)', '<stack>') ?? null);
  expect({ runtimeStatus: OrchestrationStatus, output }).toEqual({
    runtimeStatus: recording.final?.runtimeStatus,
    output: recording.final?.output ?? null,
  });
});
