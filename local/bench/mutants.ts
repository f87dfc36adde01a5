/**
 * Breaks the product, one thing at a time, and sees whether a test fails: `npm run mutants -- [part of a file's path]`. Names
 * what no test has seen, and fails then.
 */
import { BrokenTree } from '../../test/support/mutants/broken-tree.ts';
import { mutantsOf } from '../../test/support/mutants/mutants.ts';

const [part = ''] = process.argv.slice(2);
const begun = performance.now();
const tree = await BrokenTree.of(process.cwd());
const survivors: string[] = [];
let exitCode = 0;
try {
  const mutants = (await mutantsOf(tree.root)).filter(({ file }) => file.includes(part));
  const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))];
  const unbroken = await tree.failureOf(tests);
  if (unbroken !== undefined) throw new Error(`Fails also where nothing is broken: ${unbroken}`);
  for (const mutant of mutants) {
    const name = `${mutant.file}: ${mutant.what}`;
    const failure = await tree.failureWith(mutant);
    if (failure === undefined) survivors.push(name);
    console.log(failure === undefined ? `SURVIVES ${name}` : `${name}\n    ${failure}`);
  }
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(`${mutants.length} mutants in ${seconds} s, ${survivors.length} of which no test sees`);
  if (survivors.length > 0) exitCode = 1;
} finally {
  await tree.remove();
  // The runner sets it for tests that fail, which is what is wanted here.
  process.exitCode = exitCode;
}
