/** When pipelines worked for a setup, and when the orchestration that waited for them went on. */
import { decidingActivities } from '../../../shared/factory/notification.ts';
import type { OneHost } from './host.ts';

/** In milliseconds since the epoch. */
export interface Interval {
  readonly begun: number;
  readonly ended: number;
}

const BEGIN = /pipeline run \S+ of '[^']*': InProgress$/;
const WORKED = new RegExp(`activity '${decidingActivities.prepare}': Succeeded$`);
/** What an orchestration does next when a stage of its preparation has ended. */
const NEXT = new Set(['evaluateChecks', 'recordInventory']);

/** Reads the log of the Data Factory, of runs that come one after the other. */
export class PipelineLog {
  /** From the beginning of each run until its work was done; the call, and the end of the run, come after that. */
  readonly worked: Interval[] = [];
  #begun = 0;

  note(line: string): void {
    const now = performance.timeOrigin + performance.now();
    if (BEGIN.test(line)) this.#begun = now;
    if (WORKED.test(line)) this.worked.push({ begun: this.#begun, ended: now });
  }
}

interface HistoryEvent {
  readonly FunctionName?: string;
  readonly ScheduledTime?: string;
}

/** How many milliseconds after the end of its run's work each next step was scheduled, by the histories of setups. */
export async function nextSteps(
  { stack }: OneHost,
  setupIds: readonly string[],
  runs: readonly Interval[],
): Promise<number[]> {
  const steps: number[] = [];
  for (const setupId of setupIds) {
    const instance = `${stack.tenantId}.${setupId}.1.preparation`;
    const answer = await fetch(stack.host.managementUrl(`instances/${instance}`, { showHistory: 'true' }));
    const { historyEvents } = (await answer.json()) as { readonly historyEvents: readonly HistoryEvent[] };
    for (const { FunctionName = '', ScheduledTime = '' } of historyEvents) {
      if (NEXT.has(FunctionName)) steps.push(Date.parse(ScheduledTime));
    }
  }
  if (steps.length !== runs.length) throw new Error(`${runs.length} runs have ${steps.length} next steps`);
  return steps.toSorted((a, b) => a - b).map((step, index) => step - (runs[index]?.ended ?? 0));
}
