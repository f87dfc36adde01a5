import escape from 'escape-html';
import { visible } from './parts.ts';

/** A text of a database in HTML. */
export function escaped(text: string): string {
  return escape(visible(text));
}
