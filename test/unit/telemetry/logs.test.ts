import { logs } from '@opentelemetry/api-logs';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { sendLines } from '../../../shared/telemetry/logs.ts';
import type { Lines } from '../../../shared/telemetry/logs.ts';

const exporter = new InMemoryLogRecordExporter();
const written: unknown[][] = [];
let lines: Lines;

logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }));
afterAll(() => logs.disable());

beforeEach(() => {
  exporter.reset();
  written.length = 0;
  const write = (...texts: unknown[]) => void written.push(texts);
  lines = { trace: write, debug: write, log: write, info: write, warn: write, error: write };
  sendLines(lines, 'putSetup');
});

const sent = () =>
  exporter.getFinishedLogRecords().map(({ body, severityText, attributes }) => ({ body, severityText, attributes }));

test('a line is sent with what it is about, and written as before', () => {
  lines.warn('Activity finish: retried', { 'migration.attempt': 2 });
  expect(sent()).toEqual([
    {
      body: 'Activity finish: retried',
      severityText: 'warn',
      attributes: { 'faas.name': 'putSetup', 'migration.attempt': 2 },
    },
  ]);
  expect(written).toEqual([['Activity finish: retried', { 'migration.attempt': 2 }]]);
});

test('the parts of a line are joined; an error is no fact', () => {
  lines.info('It failed:', new Error('boom'));
  expect(sent()).toMatchObject([{ severityText: 'info', attributes: { 'faas.name': 'putSetup' } }]);
  expect(sent()[0]?.body).toMatch(/^It failed: Error: boom/);
});

test('a secret in a line is not sent', () => {
  lines.error('Server=SQL01;Password=canary;Encrypt=True', 'Bearer canary');
  expect(sent()[0]?.body).toBe('Server=SQL01;Password=…;Encrypt=True Bearer …');
});
