/** A copy of the tree whose product may be broken, with one test runner for all of what is broken in it. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import type { TestModule, Vitest } from 'vitest/node';
import type { Mutant } from './mutants.ts';

const COPIED = ['functions', 'orchestrators', 'shared', 'local', 'test', 'docs', 'package.json', 'vitest.config.ts'];
/** A test takes less where nothing is broken. */
const TEST_TIMEOUT_MS = 60_000;
/** By then a break has led to a loop that leaves the runner no time to end a test. */
const LONGEST_RUN_MS = 180_000;

export class BrokenTree {
  readonly root: string;
  #vitest: Vitest | undefined;

  private constructor(root: string) {
    this.root = root;
  }

  static async of(tree: string): Promise<BrokenTree> {
    const root = await mkdtemp(join(tmpdir(), 'mutants-'));
    for (const name of COPIED) await cp(join(tree, name), join(root, name), { recursive: true });
    await symlink(join(tree, 'node_modules'), join(root, 'node_modules'));
    return new BrokenTree(root);
  }

  /** @returns the first test that fails; undefined if all pass */
  async failureWith({ file, text, tests }: Mutant): Promise<string | undefined> {
    const path = join(this.root, file);
    const whole = await readFile(path, 'utf8');
    await writeFile(path, text);
    try {
      return await this.failureOf(tests, path);
    } finally {
      await writeFile(path, whole);
      this.#vitest?.invalidateFile(path);
    }
  }

  /** Runs test files one by one. @returns the first test that fails; undefined if all pass */
  async failureOf(tests: readonly string[], changed?: string): Promise<string | undefined> {
    for (const test of tests) {
      const vitest = await this.#runner();
      if (changed !== undefined) vitest.invalidateFile(changed);
      const specifications = await vitest.globTestSpecifications([join(this.root, test)]);
      if (specifications.length === 0) throw new Error(`There is no test file ${test}`);
      const ended = await within(LONGEST_RUN_MS, vitest.runTestSpecifications(specifications));
      if (ended === undefined) {
        await this.#endRunner();
        return `${test}: does not end`;
      }
      // The runner also gives what came of other files in earlier runs.
      const modules = ended.testModules.filter(({ moduleId }) =>
        specifications.some((wanted) => wanted.moduleId === moduleId),
      );
      const failure = modules.map(firstFailure).find((found) => found !== undefined);
      if (failure !== undefined) return `${test}: ${failure}`;
      if (ended.unhandledErrors.length > 0) return `${test}: an error that nobody handles`;
    }
    return undefined;
  }

  async remove(): Promise<void> {
    await this.#endRunner();
    await rm(this.root, { recursive: true });
  }

  async #runner(): Promise<Vitest> {
    this.#vitest ??= await createVitest({
      root: this.root,
      watch: false,
      reporters: [{}],
      bail: 1,
      testTimeout: TEST_TIMEOUT_MS,
    });
    return this.#vitest;
  }

  async #endRunner(): Promise<void> {
    await this.#vitest?.close();
    this.#vitest = undefined;
  }
}

function firstFailure(module: TestModule): string | undefined {
  const [failed] = module.children.allTests('failed');
  if (failed !== undefined) return failed.fullName;
  return module.ok() ? undefined : 'cannot be run';
}

/** @returns undefined if it has not ended in time */
async function within<Value>(milliseconds: number, ended: Promise<Value>): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, milliseconds, undefined);
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
