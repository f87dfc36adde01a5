/** Lines of the log, with what they are about beside their text. */
import { inspect } from 'node:util';
import { logs, SeverityNumber } from '@opentelemetry/api-logs';
import type { AnyValueMap } from '@opentelemetry/api-logs';
import { redact } from '../redact.ts';
import { attributesOf } from './attributes.ts';

/** Where a line goes: the context of an invocation. */
export interface Log {
  warn(text: string, about?: object): void;
}

const severities = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  log: SeverityNumber.INFO,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const;
type Level = keyof typeof severities;

/** The lines of an invocation. */
export type Lines = Record<Level, (...texts: unknown[]) => void>;

/**
 * Has the lines of an invocation sent as log records too, in the trace that they are written in: a host that was told that the
 * app sends its own telemetry drops them. An object at the end of a line is what it is about.
 */
export function sendLines(lines: Lines, functionName: string): void {
  const logger = logs.getLogger('cloud-migration-setup');
  for (const level of Object.keys(severities) as Level[]) {
    const write = lines[level].bind(lines);
    lines[level] = (...texts) => {
      const about = texts.at(-1);
      const facts = isPlain(about) ? about : {};
      const words = isPlain(about) ? texts.slice(0, -1) : texts;
      const body = redact(words.map((word) => (typeof word === 'string' ? word : inspect(word))).join(' '));
      logger.emit({
        severityNumber: severities[level],
        severityText: level,
        body,
        attributes: { ...attributesOf({ function: functionName }), ...facts },
      });
      write(...texts);
    };
  }
}

function isPlain(value: unknown): value is AnyValueMap {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
