import type { Activity, Condition } from '../documents.ts';

/** How an activity ended. */
export type ActivityEnd =
  | { readonly status: 'Succeeded' | 'Skipped' }
  | { readonly status: 'Failed'; readonly message: string };

/** How an activity list, and so a pipeline, ended. */
export type Outcome =
  | { readonly succeeded: true }
  | { readonly succeeded: false; readonly activity: string; readonly message: string };

/**
 * Whether a dependency is met. Several conditions on one dependency are alternatives, and Completed means
 * Succeeded or Failed, not Skipped.
 * https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#activity-dependency
 */
export function isMet(conditions: readonly Condition[], { status }: ActivityEnd): boolean {
  return conditions.some((condition) => condition === status || (condition === 'Completed' && status !== 'Skipped'));
}

/**
 * The outcome of a list by its leaves; a skipped leaf is replaced by its parents. The first failure names it.
 * https://learn.microsoft.com/azure/data-factory/tutorial-pipeline-failure-error-handling
 */
export function outcomeOf(list: readonly Activity[], ends: ReadonlyMap<string, ActivityEnd>): Outcome {
  const parents = new Map(list.map(({ name, dependsOn }) => [name, dependsOn.map(({ activity }) => activity)]));
  const inner = new Set([...parents.values()].flat());
  const failure = (name: string): Outcome | undefined => {
    const end = ends.get(name);
    if (end?.status === 'Failed') return { succeeded: false, activity: name, message: end.message };
    if (end?.status !== 'Skipped') return undefined;
    return first(parents.get(name) ?? []);
  };
  const first = (names: readonly string[]): Outcome | undefined => {
    for (const name of names) {
      const found = failure(name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return first(list.map(({ name }) => name).filter((name) => !inner.has(name))) ?? { succeeded: true };
}
