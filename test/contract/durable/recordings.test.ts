import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFunctionsHost, type FunctionsHost } from '../../../local/host/server.ts';
import { countRecordings, durableExceptions, exceptionFor } from '../../recordings/exceptions.ts';
import { observations } from '../fixtures/recorded-app/observations.ts';

/**
 * Runs every recorded orchestration on the local host, in virtual time, and compares what the published Durable extension
 * made of it: the end, the history, what the activities were handed, and what each turn was.
 */
const directory = path.join(import.meta.dirname, '../../recordings/durable');

interface ScriptStep {
  readonly op: string;
  readonly function?: string;
  /** Of a start. */
  readonly query?: string;
  readonly instanceId?: string;
  readonly id?: string;
  readonly body?: string | null;
  readonly name?: string;
  readonly reason?: string;
  readonly ms?: number;
  readonly restartWithNewInstanceId?: boolean;
  readonly response?: { readonly status: number; readonly body?: unknown };
}

interface Orchestration {
  readonly turns: readonly { readonly payload: Payload }[];
  readonly activities: readonly { readonly name: string; readonly data: { readonly string?: string } }[];
}

interface Payload {
  readonly instanceId: string;
  readonly history: readonly object[];
}

interface Recording extends Orchestration {
  readonly case: string;
  readonly instanceId: string;
  readonly script: readonly ScriptStep[];
  readonly sameTurnsInTwoRuns: boolean;
  readonly final: { readonly runtimeStatus: string } | null;
  readonly status: { readonly httpStatus: number; readonly body: unknown };
  readonly children?: readonly (Orchestration & { readonly instanceId: string })[];
}

const all = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as Recording);
const recordings = all.filter((recording) => exceptionFor(durableExceptions, recording.case) === undefined);

test('the recordings are complete', () => {
  const absent = durableExceptions.flatMap(({ kind, names }) =>
    kind === 'unsupported' && !(names instanceof RegExp) ? names : [],
  );
  const names = [...all.map((recording) => recording.case), ...absent];
  expect(countRecordings(durableExceptions, names)).toEqual({ reproduced: 151, different: 4, unsupported: 16 });
});

let host: FunctionsHost;
let statusLink: string;

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  const appDirectory = path.join(import.meta.dirname, '../fixtures/recorded-app');
  host = await startFunctionsHost({ appDirectory, settings, clock: observations.clock });
  const links = (await (await fetch(`${host.url}/api/links`)).json()) as { statusQueryGetUri: string };
  statusLink = links.statusQueryGetUri;
}

function call(target: string, method: string, body?: string | null): Promise<Response> {
  const url = statusLink.replace('instances/ID?', target.includes('?') ? `${target}&` : `${target}?`);
  const json = { body: body ?? '', headers: { 'content-type': 'application/json' } };
  return fetch(url, { method, ...(body === undefined ? {} : json) });
}

/** Lets the host work until it calls no function any more without time passing. */
async function settle(): Promise<void> {
  let calls = -1;
  for (let quiet = 0; quiet < 12; quiet += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (observations.calls.length !== calls) quiet = 0;
    calls = observations.calls.length;
  }
}

async function pass(milliseconds: number): Promise<void> {
  await settle();
  for (let left = milliseconds; left > 0; left -= 100) {
    await observations.clock.advance(Math.min(left, 100));
    await settle();
  }
}

/** Also ends when the recorded instance had not come to an end. */
async function untilEnd({ final }: Recording, id: string): Promise<void> {
  const ends = new Set(['Completed', 'Failed', 'Terminated']);
  await settle();
  if (final === null || !ends.has(final.runtimeStatus)) return;
  while (host.histories().some((instance) => instance.id === id && !ends.has(instance.status))) await pass(100);
}

async function perform(recording: Recording, step: ScriptStep): Promise<Response | undefined> {
  const id = step.id ?? recording.instanceId;
  const reason = step.reason === undefined ? '' : `?reason=${encodeURIComponent(step.reason)}`;
  const first = recording.script[0]?.function ?? '';
  switch (step.op) {
    case 'start':
    case 'start again':
      return call(`orchestrators/${step.function ?? first}/${id}${step.query ?? ''}`, 'POST', step.body ?? null);
    case 'raiseEvent':
      return call(`instances/${id}/raiseEvent/${step.name ?? ''}`, 'POST', step.body ?? null);
    case 'terminate':
    case 'suspend':
    case 'resume':
      return call(`instances/${id}/${step.op}${reason}`, 'POST');
    case 'restart':
      return call(`instances/${id}/restart?restartWithNewInstanceId=${String(step.restartWithNewInstanceId)}`, 'POST');
    case 'status':
      return call(`instances/${id}`, 'GET');
    case 'sleep':
      await pass(step.ms ?? 0);
      return undefined;
    case 'waited until the first turn was over':
      await settle();
      return undefined;
    case 'waited until the end':
      await untilEnd(recording, id);
      return undefined;
    case 'TIMED OUT waiting for end':
      await pass(30_000);
      return call(`instances/${id}`, 'GET');
    default:
      throw new Error(`The script of ${recording.case} has an unknown step: ${step.op}`);
  }
}

/** What varies from run to run, or belongs to .NET, is replaced; members that are null are left out. */
function comparable(value: unknown): unknown {
  if (typeof value === 'string') return comparableText(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name, member]) => member !== null && !VARYING.has(name));
  return Object.fromEntries(members.map(([name, member]) => [name, comparable(member)]));
}

const VARYING = new Set(['Timestamp', 'ScheduledTime', 'FireAt', 'createdTime', 'lastUpdatedTime', 'GenerateNewTrace']);

function comparableText(text: string): string {
  return text
    .replace(/\{\\*"\$type\\*":\\*"System\.Exception.*/s, '<exception>')
    .replace(/Message: .*, StackTrace: .*/s, '<exception>')
    .replace(/\nStack: .*/s, '<stack>')
    .replace(/(known orchestrator functions are|known orchestrator functions:) .*/s, '$1 <functions>')
    .replaceAll(/[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}/g, '<id>')
    .replaceAll(/2026-1[12]-\d\dT[\d:.]+Z/g, '<time>');
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

function isPayload(input: unknown): input is Payload {
  return typeof input === 'object' && input !== null && 'history' in input && 'upperSchemaVersionNew' in input;
}

/** Everything that is compared, in one shape for what was recorded and what was observed. */
function compared(
  recording: Recording,
  status: unknown,
  turns: readonly Payload[],
  activities: readonly { readonly name: string; readonly input: unknown }[],
) {
  const { historyEvents = [], ...rest } = comparable(status === '' ? {} : status) as { historyEvents?: unknown[] };
  const same = recording.sameTurnsInTwoRuns;
  return {
    status: rest,
    history: same ? historyEvents : sorted(historyEvents),
    turns: same ? turns.map(({ history }) => comparable(history)) : 'not the same in two recordings',
    activities: sorted(activities.map(({ name, input }) => ({ name, input: comparable(input) }))),
  };
}

function observed(recording: Recording, status: unknown, from: number) {
  const calls = observations.calls.slice(from);
  const turns = calls.map(({ input }) => input).filter(isPayload);
  const activities = calls.filter(({ input }) => !isPayload(input));
  const own = turns.filter(({ instanceId }) => instanceId === recording.instanceId);
  return compared(recording, status, own, activities);
}

function recorded(recording: Recording) {
  const orchestrations = [recording, ...(recording.children ?? [])];
  const activities = orchestrations.flatMap((orchestration) => orchestration.activities);
  return compared(
    recording,
    recording.status.body,
    recording.turns.map(({ payload }) => payload),
    activities.map(({ name, data }) => ({ name, input: readInput(data.string) })),
  );
}

/** As the library reads the text that the host hands over. */
function readInput(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function play(recording: Recording): Promise<void> {
  const from = observations.calls.length;
  for (const step of recording.script) {
    const response = await perform(recording, step);
    expect(response?.status).toBe(step.response?.status);
  }
  const response = await call(`instances/${recording.instanceId}?showHistory=true&showHistoryOutput=true`, 'GET');
  const text = await response.text();
  expect(observed(recording, text === '' ? '' : JSON.parse(text), from)).toEqual(recorded(recording));
  await call('instances?createdTimeFrom=2026-01-01', 'DELETE');
}

const VERSIONED = 'version1.0-';

describe('without a version', () => {
  beforeAll(() => start({}));
  afterAll(() => host.stop());
  test.each(recordings.filter((recording) => !recording.case.startsWith(VERSIONED)))('$case', play);
});

describe('with the default version 1.0', () => {
  beforeAll(() => start({ AzureFunctionsJobHost__extensions__durableTask__defaultVersion: '1.0' }));
  afterAll(() => host.stop());
  test.each(recordings.filter((recording) => recording.case.startsWith(VERSIONED)))('$case', play);
});
