/** Status monitors, one of each attempt and one of each deletion: https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#long-running-operations--jobs */
import type { HttpResponseInit } from '@azure/functions';
import { shownId } from '../../shared/setup/assessment.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import { milestones } from '../../shared/setup/states.ts';
import type { MilestoneName } from '../../shared/setup/states.ts';
import type { MilestoneRecord, SetupRecord } from '../../shared/setup/store.ts';
import type { TenantCall } from '../http/adapter.ts';
import { urlOf } from '../http/links.ts';

/** What an operation does: an attempt, or the removal of the setup after it. */
export interface OperationId extends Pick<AttemptId, 'setupId' | 'attempt'> {
  /** Which removal of the attempt; none: the attempt itself. */
  readonly deletionNumber?: number;
}

/** Names an operation within its tenant. A setup id holds no dot. */
function operationIdOf({ setupId, attempt, deletionNumber }: OperationId): string {
  const attemptId = `${setupId}.${attempt}`;
  return deletionNumber === undefined ? attemptId : `${attemptId}.deletion-${deletionNumber}`;
}

/** @returns undefined if the text names no operation */
export function parseOperationId(text: string): OperationId | undefined {
  const groups =
    /^(?<setupId>(?:assessment_)?[a-z0-9-]+)\.(?<attempt>[1-9]\d{0,8})(?:\.deletion-(?<deletion>[1-9]\d{0,8}))?$/.exec(
      text,
    )?.groups;
  if (groups === undefined) return undefined;
  const { setupId = '', attempt, deletion } = groups;
  return { setupId, attempt: Number(attempt), ...(deletion === undefined ? {} : { deletionNumber: Number(deletion) }) };
}

/** Headers with which an answer names the operation that it began. */
export function operationHeaders(call: TenantCall, operation: OperationId): Record<string, string> {
  const id = operationIdOf(operation);
  return { 'operation-id': id, 'operation-location': urlOf(call, `operations/${id}`) };
}

/** The answer to an action that goes on after it: the monitor, and where it is. */
export function accepted(
  call: TenantCall,
  operation: OperationId,
  setup: SetupRecord,
  reached: readonly MilestoneRecord[],
): HttpResponseInit {
  const jsonBody = operationResource(operation, setup, reached);
  return { status: 202, headers: operationHeaders(call, operation), jsonBody };
}

const statuses = {
  ready: 'Succeeded',
  completed: 'Succeeded',
  failed: 'Failed',
  canceled: 'Canceled',
  deleted: 'Succeeded',
  deletionFailed: 'Failed',
} as const satisfies Partial<Record<MilestoneName, string>>;

const ends = {
  attempt: ['ready', 'completed', 'failed', 'canceled'],
  deletion: ['deleted', 'deletionFailed'],
} as const;

/**
 * @param reached milestones of the operation's attempt
 * @returns undefined if there is no such operation
 */
export function operationResource(operation: OperationId, setup: SetupRecord, reached: readonly MilestoneRecord[]) {
  const { attempt, deletionNumber } = operation;
  const nth = (names: readonly MilestoneName[]) =>
    reached.filter(({ name }) => names.includes(name))[(deletionNumber ?? 1) - 1];
  const begin = nth([deletionNumber === undefined ? 'accepted' : 'deleteRequested']);
  const waits =
    setup.attempt === attempt && setup.deletion?.begun === false && setup.deletion.number === deletionNumber;
  if (begin === undefined && !waits) return undefined;
  const end = nth(deletionNumber === undefined ? ends.attempt : ends.deletion);
  const isNew = waits || (setup.attempt === attempt && setup.state === 'Accepted');
  return {
    id: operationIdOf(operation),
    status: end === undefined ? (isNew ? 'NotStarted' : 'Running') : statuses[end.name as keyof typeof statuses],
    ...shownId(setup),
    attempt,
    ...(setup.attempt === attempt ? { phase: setup.phase } : {}),
    createdAt: begin?.at ?? setup.deletion?.at ?? setup.createdAt,
    lastModifiedAt: reached.at(-1)?.at ?? setup.lastModifiedAt,
    ...errorOf(end),
  };
}

function errorOf(end: MilestoneRecord | undefined) {
  if (end?.name !== 'failed' && end?.name !== 'deletionFailed') return {};
  const { code, cause: message, remedy } = milestones[end.name].data.parse(end.data).failure;
  return { error: { code, message, remedy } };
}
