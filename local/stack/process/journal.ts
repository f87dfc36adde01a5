import type { Log } from '../../endpoint/endpoint.ts';

/** What all parts of the stack did, in one place. */
export interface Journal {
  /** A log whose lines start with the name of a part. */
  of(part: string): Log;
  /** The last lines. */
  lines(): readonly string[];
}

const LINES_KEPT = 10_000;

/** Makes an empty journal that passes each line on as it comes. */
export function createJournal(passOn: Log = () => undefined): Journal {
  const lines: string[] = [];
  return {
    of: (part) => (line) => {
      const entry = `${part}: ${line}`;
      lines.push(entry);
      if (lines.length > LINES_KEPT) lines.shift();
      passOn(entry);
    },
    lines: () => lines,
  };
}
