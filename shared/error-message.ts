import { redact } from './redact.ts';

/**
 * What an error says, in one line and without secrets: what follows the first line is a stack of the library that threw
 * it.
 */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return redact(text.split('\n', 1)[0]?.trim() ?? text);
}
