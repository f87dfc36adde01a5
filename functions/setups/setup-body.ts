/** The body of a request for a setup. */
import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { checkSelectionSchema } from '../../shared/checks/check-selection.ts';
import { wantedThresholdsSchema } from '../../shared/checks/thresholds.ts';
import type { Settings } from '../../shared/config.ts';
import { azureConnectionErrors } from '../../shared/sql/azure-connection.ts';
import { parseConnectionString } from '../../shared/sql/connection-string.ts';
import type { ConnectionStringError } from '../../shared/sql/connection-string.ts';
import {
  productSchema,
  runtimeNameSchema,
  setupIdSchema,
  sourceKindSchema,
  wantedDestinationSchema,
} from '../../shared/setup/setup.ts';
import type { SetupRequest, SourceConnection, SourceKind } from '../../shared/setup/setup.ts';
import { selectionSchema } from '../../shared/plan/selection.ts';
import { readJsonBody } from '../http/json-body.ts';
import { fieldError, invalidFields } from '../http/problem.ts';
import type { FieldError } from '../http/problem.ts';
import { storableSelection } from './selection-body.ts';

/**
 * What callers send. `runtimeName` names a runtime to reuse, which only a `SqlServer` source needs; `assessmentId` the assessment
 * that has one, `thresholds` what is to be warned of sooner than the service would, and `checkSelection` the checks that are wanted.
 */
export const setupBodySchema = z
  .strictObject({
    product: productSchema,
    source: z
      .strictObject({
        kind: sourceKindSchema,
        connectionString: z.string().min(1).max(4096),
        runtimeName: runtimeNameSchema.optional(),
        /** Whether the certificate of the server is trusted unseen. */
        trustServerCertificate: z.boolean().optional(),
      })
      .refine(({ kind, runtimeName }) => kind === 'SqlServer' || runtimeName === undefined, {
        path: ['runtimeName'],
        message: 'is only for a SqlServer source: Azure SQL is reached without a self-hosted runtime.',
      }),
    destination: wantedDestinationSchema,
    assessmentId: setupIdSchema.optional(),
    thresholds: wantedThresholdsSchema.optional(),
    checkSelection: checkSelectionSchema.optional(),
    ...selectionSchema.shape,
  })
  .refine(({ source, assessmentId }) => assessmentId === undefined || source.runtimeName === undefined, {
    path: ['assessmentId'],
    message: 'brings its own runtime: name either.',
  });

/** A request that was found in order, with the password apart from the rest. */
interface ReadSetupRequest {
  readonly setupRequest: SetupRequest;
  readonly password: string;
}

/**
 * Reads and checks the body of a request for a setup.
 * @throws {ApiError} those of `readJsonBody`; `InvalidRequestBody` also for a connection string that cannot be used
 */
export async function readSetupRequest(request: HttpRequest, settings: Settings): Promise<ReadSetupRequest> {
  const { product, source, destination, assessmentId, thresholds, checkSelection, ...selection } = await readJsonBody(
    request,
    setupBodySchema,
  );
  const { connection, password } = readConnectionString(source, source.kind, settings);
  const { kind, runtimeName } = source;
  return {
    setupRequest: {
      product,
      source: { kind, connection, ...(runtimeName === undefined ? {} : { runtimeName }) },
      destination,
      ...(assessmentId === undefined ? {} : { assessmentId }),
      ...(thresholds === undefined ? {} : { thresholds }),
      ...(checkSelection === undefined ? {} : { checkSelection }),
      ...storableSelection(selection),
    },
    password,
  };
}

/** @throws {ApiError} `InvalidRequestBody`, naming every keyword that cannot be used */
export function readConnectionString(
  {
    connectionString,
    trustServerCertificate,
  }: { readonly connectionString: string; readonly trustServerCertificate?: boolean | undefined },
  kind: SourceKind,
  { MIGRATION_AZURE_SQL_DOMAINS: domains }: Settings,
): { readonly connection: SourceConnection; readonly password: string } {
  const parsed = parseConnectionString(connectionString, { trustServerCertificate });
  if (!parsed.ok) throw invalidFields(parsed.errors.map(connectionStringError));
  requireKind(kind, parsed.connection, domains);
  return parsed;
}

/** @throws {ApiError} `InvalidRequestBody`, naming what a connection to a source of a kind must not have */
export function requireKind(kind: SourceKind, connection: SourceConnection, domains: readonly string[]): void {
  if (kind !== 'AzureSql') return;
  const errors = azureConnectionErrors(connection, domains).map((error) =>
    error.keyword === 'TrustServerCertificate'
      ? fieldError('/source/trustServerCertificate', 'InvalidValue', `It ${error.problem}.`, error.remedy)
      : connectionStringError(error),
  );
  if (errors.length > 0) throw invalidFields(errors);
}

function connectionStringError({ keyword, problem, remedy }: ConnectionStringError): FieldError {
  const detail = `${keyword ?? 'The connection string'} ${problem}.`;
  return fieldError('/source/connectionString', '52072', detail, remedy);
}
