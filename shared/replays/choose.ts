/** Which setups a bulk replay is for. */
import type { IndexedSetup, SetupFilter } from '../setup/index-rows.ts';
import type { SetupIndex } from '../setup/setup-index.ts';
import { MAXIMUM_ADDED } from './replay-book.ts';
import type { ReplayBook } from './replay-book.ts';
import type { BulkReplay, ReplayFilter } from './replay.ts';

/**
 * Chooses the setups of a bulk replay; it has those for good. Choosing again changes nothing.
 * @returns how many there are
 */
export async function chooseSetups(
  { index, replays }: { readonly index: SetupIndex; readonly replays: ReplayBook },
  replayId: string,
): Promise<number> {
  for (;;) {
    const replay = await replays.require(replayId);
    if (replay.total !== undefined) return replay.total;
    await addSetups(index, replays, replay);
  }
}

/** Ends early if somebody else changes the replay meanwhile. */
async function addSetups(index: SetupIndex, replays: ReplayBook, replay: BulkReplay): Promise<void> {
  let added: BulkReplay | undefined = replay;
  for await (const setups of pagesOf(index, replay.filter)) {
    added = await replays.add(added, setups);
    if (added === undefined) return;
  }
  await replays.closeChoice(added);
}

/** The setups that a filter names, page by page. */
export async function* pagesOf(
  index: SetupIndex,
  filter: ReplayFilter,
): AsyncGenerator<readonly IndexedSetup[], void, void> {
  let continuation: string | undefined;
  do {
    const page = await index.page(setupFilterOf(filter), 'oldest', MAXIMUM_ADDED, continuation);
    yield page.setups;
    continuation = page.next;
  } while (continuation !== undefined);
}

function setupFilterOf(filter: ReplayFilter): SetupFilter {
  const { phase, errorCode, createdBefore, createdAfter, modifiedBefore, modifiedAfter, ...others } = filter;
  const wanted = {
    ...others,
    phase: whenGiven(phase, (value) => [value]),
    errorCode: whenGiven(errorCode, (value) => [value]),
    createdBefore: whenGiven(createdBefore, dateOf),
    createdAfter: whenGiven(createdAfter, dateOf),
    modifiedBefore: whenGiven(modifiedBefore, dateOf),
    modifiedAfter: whenGiven(modifiedAfter, dateOf),
  };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

function whenGiven<Given, Value>(given: Given | undefined, map: (given: Given) => Value): Value | undefined {
  return given === undefined ? undefined : map(given);
}

function dateOf(text: string): Date {
  return new Date(text);
}
