import type { ExecutionCompleted, HistoryEvent } from './history.ts';
import type { Decision } from './replay.ts';

// The tightest limit of the storage providers:
// https://learn.microsoft.com/azure/azure-functions/durable/durable-task-scheduler/durable-task-scheduler#limitations-and-considerations
const LIMIT = 1024 * 1024;

/** Says which data of a turn are larger than every provider takes; here they pass. */
export function payloadWarnings(
  arrived: readonly HistoryEvent[],
  decisions: readonly Decision[],
  completion: ExecutionCompleted | undefined,
): string[] {
  return [
    ...arrived.map((event) => warning('has received', 'Result' in event ? event.Result : null)),
    ...decisions.map(({ event, input }) => warning(`calls ${'Name' in event ? event.Name : 'a timer'} with`, input)),
    warning('ends with', completion?.Result ?? null),
  ].flatMap((text) => text ?? []);
}

function warning(what: string, json: string | null): string | undefined {
  const bytes = Buffer.byteLength(json ?? '');
  if (bytes <= LIMIT) return undefined;
  return `${what} ${bytes} bytes; Durable Task Scheduler takes no more than ${LIMIT}, so pass a reference instead`;
}
