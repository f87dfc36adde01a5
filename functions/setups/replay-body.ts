/** The body of a request for a replay. */
import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { runtimeNameSchema, withSelection } from '../../shared/setup/setup.ts';
import type { SetupRequest } from '../../shared/setup/setup.ts';
import { phaseSchema } from '../../shared/setup/states.ts';
import type { Settings } from '../../shared/config.ts';
import type { Phase } from '../../shared/setup/states.ts';
import type { ReplayChanges } from '../../shared/setup/replay.ts';
import { readJsonBody } from '../http/json-body.ts';
import { passwordFault } from '../../shared/sql/connection-string.ts';
import { changedSelection, selectionChangeSchema } from './selection-body.ts';
import { readConnectionString, requireKind } from './setup-body.ts';

const passwordSchema = z.string().superRefine((password, context) => {
  const fault = passwordFault(password);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `${fault.problem}. ${fault.remedy}` });
});

/** What callers send; all of it may be left out. */
export const replayBodySchema = z.strictObject({
  /** Where to begin. Left out: the phase that failed. */
  from: phaseSchema.optional(),
  source: z
    .strictObject({
      password: passwordSchema.optional(),
      connectionString: z.string().min(1).max(4096).optional(),
      /** Another runtime to reuse; null: a new one. */
      runtimeName: runtimeNameSchema.nullable().optional(),
      /** Left out: as it was, but never with another connection string. */
      trustServerCertificate: z.boolean().optional(),
    })
    .refine(({ password, connectionString }) => password === undefined || connectionString === undefined, {
      path: ['password'],
      message: 'is part of the connection string: give one of the two.',
    })
    .optional(),
  ...selectionChangeSchema.shape,
  /** Only says what a replay would do. */
  dryRun: z.boolean().default(false),
});

/** A request for a replay that was found in order. */
interface ReplayRequest {
  readonly from: Phase | undefined;
  readonly dryRun: boolean;
  /** The request of the setup with what is changed. */
  readonly request: SetupRequest;
  readonly password: string | undefined;
  readonly changes: ReplayChanges;
}

/**
 * Reads and checks the body of a request for a replay.
 * @param before the request of the attempt that is replayed
 * @throws {ApiError} those of `readJsonBody`; `InvalidRequestBody` also for a connection string that cannot be used
 */
export async function readReplayRequest(
  request: HttpRequest,
  before: SetupRequest,
  settings: Settings,
): Promise<ReplayRequest> {
  const { from, source = {}, dryRun, ...selectionChange } = await readJsonBody(request, replayBodySchema);
  const { connectionString, runtimeName, trustServerCertificate } = source;
  const { kind } = before.source;
  const given =
    connectionString === undefined
      ? undefined
      : readConnectionString({ connectionString, trustServerCertificate }, kind, settings);
  const { runtimeName: oldRuntime, ...oldSource } = before.source;
  const runtime = runtimeName === undefined ? oldRuntime : (runtimeName ?? undefined);
  const connection = given?.connection ?? {
    ...before.source.connection,
    ...(trustServerCertificate === undefined ? {} : { trustServerCertificate }),
  };
  requireKind(kind, connection, settings.MIGRATION_AZURE_SQL_DOMAINS);
  const selection = changedSelection(before, selectionChange);
  return {
    from,
    dryRun,
    request: {
      ...withSelection(before, selection),
      source: { ...oldSource, connection, ...(runtime === undefined ? {} : { runtimeName: runtime }) },
    },
    password: given?.password ?? source.password,
    changes: {
      password: (given?.password ?? source.password) !== undefined,
      connection: JSON.stringify(connection) !== JSON.stringify(before.source.connection),
      runtime: runtime !== oldRuntime,
      companies: JSON.stringify(selection.companies) !== JSON.stringify(before.companies),
    },
  };
}
