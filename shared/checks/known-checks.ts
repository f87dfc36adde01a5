/** Whether the catalogue has the checks that a request names. Pure. */
import { checkCatalogue } from './catalogue.ts';
import { isWanted } from './check-selection.ts';
import type { CheckSelection } from './check-selection.ts';

const ids = checkCatalogue.map(({ id }) => id);
const NEAREST = 3;

/** An id that no check has, by its place in the request. It is not repeated: it may be anything. */
export interface UnknownCheck {
  readonly list: 'include' | 'exclude';
  readonly index: number;
  readonly nearest: readonly string[];
}

/** Every id that no check has, with those that are most like it. */
export function unknownChecks(selection: CheckSelection): UnknownCheck[] {
  return (['include', 'exclude'] as const).flatMap((list) =>
    (selection[list] ?? []).flatMap((id, index) =>
      ids.includes(id) ? [] : [{ list, index, nearest: nearestTo(id.toUpperCase()) }],
    ),
  );
}

/** Ids of the checks that can block and that a selection leaves out. */
export function blockersLeftOut(selection: CheckSelection): string[] {
  return checkCatalogue
    .filter(({ id, severity }) => severity === 'blocks' && !isWanted(id, selection))
    .map(({ id }) => id);
}

/** The selection with every check that can block, also with one that has come since it was made. */
export function withBlockers(selection: CheckSelection): CheckSelection {
  const { include, exclude = [] } = selection;
  const blockers = blockersLeftOut(selection);
  return include === undefined
    ? { exclude: exclude.filter((id) => !blockers.includes(id)) }
    : { include: [...include, ...blockers] };
}

/** All ids have one form, so that those are near that have the same characters in the same places. */
function nearestTo(text: string): string[] {
  const likeness = (id: string) => id.split('').filter((character, index) => character === text[index]).length;
  return ids.toSorted((a, b) => likeness(b) - likeness(a)).slice(0, NEAREST);
}
