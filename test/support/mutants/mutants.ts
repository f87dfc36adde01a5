/**
 * What is broken, one thing at a time: each fence of an activity, each transition of a setup, and each condition and guard of
 * what is stored. Generated from the text of the product, so that what is new there is broken too.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A break, and the test files of which one must see it, the cheapest first. */
export interface Mutant {
  readonly file: string;
  readonly what: string;
  /** The whole text of the file with the break in it. */
  readonly text: string;
  readonly tests: readonly string[];
}

/** A place in a text, with what stands there instead. */
interface Break {
  readonly what: string;
  readonly start: number;
  readonly end: number;
  readonly instead: string;
}

interface Subject {
  readonly file: string;
  readonly breaks: (text: string) => Break[];
  readonly tests: readonly string[];
}

const states = 'test/contract/state';
const neighbours = 'test/contract/races/neighbours.test.ts';
const conditionsAndGuards = (text: string): Break[] => [...conditions(text), ...guards(text)];

const subjects: readonly Subject[] = [
  { file: 'orchestrators/contract.ts', breaks: fences, tests: ['test/unit/orchestrators/fences.test.ts'] },
  {
    file: 'shared/setup/states.ts',
    breaks: (text) => [...transitions(text), ...guards(text)],
    tests: ['test/unit/setup/states.test.ts'],
  },
  { file: 'shared/setup/fence.ts', breaks: guards, tests: ['test/unit/setup/fence.test.ts'] },
  {
    file: 'shared/setup/store.ts',
    breaks: conditionsAndGuards,
    tests: ['setup-store', 'attempts', 'endings', 'replication-runs'].map((name) => `${states}/${name}.test.ts`),
  },
  {
    file: 'shared/setup/writer.ts',
    breaks: conditionsAndGuards,
    tests: [`${states}/setup-store.test.ts`, `${states}/attempts.test.ts`, `${states}/endings.test.ts`],
  },
  {
    file: 'shared/replication/replication-runs.ts',
    breaks: conditionsAndGuards,
    tests: [`${states}/replication-runs.test.ts`],
  },
  {
    file: 'shared/setup/active.ts',
    breaks: conditionsAndGuards,
    tests: [`${states}/active-setups.test.ts`],
  },
  {
    file: 'shared/setup/run-intents.ts',
    breaks: conditionsAndGuards,
    tests: [`${states}/start-run.test.ts`],
  },
  {
    file: 'shared/environments/directory.ts',
    breaks: conditionsAndGuards,
    tests: [`${states}/environment-directory.test.ts`],
  },
  {
    file: 'shared/factory/book.ts',
    breaks: conditionsAndGuards,
    tests: [neighbours, `${states}/factory-places.test.ts`, `${states}/select-factory.test.ts`],
  },
  {
    file: 'shared/runtimes/runtime-book.ts',
    breaks: conditionsAndGuards,
    tests: [`${states}/runtime-book.test.ts`, neighbours],
  },
  {
    file: 'shared/waits/wait-book.ts',
    breaks: conditionsAndGuards,
    tests: ['test/contract/waits/wait-book.test.ts', 'test/contract/waits/races.test.ts'],
  },
];

/** All breaks of the product in a folder. @throws {Error} if a file has nothing to break: it is not written as expected */
export async function mutantsOf(root: string): Promise<Mutant[]> {
  const mutants = await Promise.all(
    subjects.map(async ({ file, breaks, tests }) => {
      const text = await readFile(join(root, file), 'utf8');
      const found = breaks(text);
      if (found.length === 0) throw new Error(`Nothing to break was found in ${file}`);
      return found.map(({ what, start, end, instead }) => ({
        file,
        what,
        text: text.slice(0, start) + instead + text.slice(end),
        tests,
      }));
    }),
  );
  return mutants.flat();
}

/** Each activity loses its fence. */
function fences(text: string): Break[] {
  return placesOf(text, /'(?:forward|undo)',?\n?\s*\)/g).map(({ start, end, found }) => {
    const [, name = ''] = [...text.slice(0, start).matchAll(/ctivity\(\s*'(\w+)'/g)].at(-1) ?? [];
    return { what: `${name} has no fence`, start, end, instead: found.replace(/'\w+'/, "'none'") };
  });
}

/** Each pair of states: what may follow may not any more, and the other way round. */
function transitions(text: string): Break[] {
  const from = text.indexOf('const transitions');
  const rows = placesOf(text.slice(from, text.indexOf('};', from)), /(\w+): \[([^\]]*)\],/g);
  const all = rows.map(({ groups: [state = ''] }) => state);
  return rows.flatMap(({ start, end, groups: [state = '', list = ''] }) => {
    const following = [...list.matchAll(/\w+/g)].map(([name]) => name);
    return all.map((other) => {
      const isAllowed = following.includes(other);
      const changed = isAllowed ? following.filter((name) => name !== other) : [...following, other];
      const instead = `${state}: [${changed.map((name) => `'${name}'`).join(', ')}],`;
      const what = `${other} may ${isAllowed ? 'not ' : ''}follow ${state}`;
      return { what, start: from + start, end: from + end, instead };
    });
  });
}

/** Each change is made whatever the row is by now. */
function conditions(text: string): Break[] {
  return placesOf(text, /(?<=\{ )etag(?:: [\w.]+)?(?= \}[)\]])|(?<=#change\(\w+, )[\w.]+\.etag/g).map((place) => ({
    ...place,
    what: `line ${place.line} asks for no version`,
    instead: place.found.startsWith('etag') ? "etag: '*'" : "'*'",
  }));
}

/** Where a loop ends because a write has succeeded: without that nothing ends. */
const endOfLoop = /^ +if \((?:written|claimed|released|isClosed|answer !== undefined|await this\.#)/;

/** What only the compiler needs: a claim without its columns is nobody's also without being asked for them. */
const forTheCompiler = 'setupId === undefined || attempt === undefined || claimedAt === undefined';

/** Each condition on which something is refused, or need not be done, is left out with what it leads to. */
function guards(text: string): Break[] {
  return placesOf(text, /^( +)if \(.*\) (?:return.*;|continue;|\{\n +(?:return|throw) .*;\n\1\})$/gm)
    .filter(({ found }) => !endOfLoop.test(found) && !found.includes(forTheCompiler))
    .map((place) => ({
      ...place,
      what: `line ${place.line} is left out: ${place.found.trim().replaceAll(/\s+/g, ' ')}`,
      instead: '',
    }));
}

interface Place {
  readonly found: string;
  readonly groups: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

function placesOf(text: string, pattern: RegExp): Place[] {
  return [...text.matchAll(pattern)].map((match) => {
    const [found, ...groups] = match;
    const { index: start } = match;
    return { found, groups, start, end: start + found.length, line: text.slice(0, start).split('\n').length };
  });
}
