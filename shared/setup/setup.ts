/**
 * What a setup is: its request, its attempts, and what they meet. Pure; stored and sent as is.
 */
import { z } from 'zod';
import { checkSelectionSchema } from '../checks/check-selection.ts';
import { wantedThresholdsSchema } from '../checks/thresholds.ts';
import { environmentNameSchema, environmentPlaceSchema, regionSchema } from '../environments/environment.ts';
import { selectionSchema } from '../plan/selection.ts';
import type { Selection } from '../plan/selection.ts';

/** The API version that requests name. */
export const apiVersion = '2026-11-01';

/** Chosen by the caller, unique within a tenant. */
export const setupIdSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/);

/**
 * `DynamicsBC`: source and environment have the same major version. `DynamicsBCLast`: the source is older.
 * https://learn.microsoft.com/dynamics365/business-central/dev-itpro/administration/migration-setup
 */
export const productSchema = z.enum(['DynamicsBC', 'DynamicsBCLast']);
export type Product = z.infer<typeof productSchema>;

/** `SqlServer` is reached through a self-hosted integration runtime, `AzureSql` directly. */
export const sourceKindSchema = z.enum(['SqlServer', 'AzureSql']);
export type SourceKind = z.infer<typeof sourceKindSchema>;

/** Where the on-premises database is, rebuilt from the caller's connection string. Holds no password. */
const sourceConnectionSchema = z.object({
  /** As SqlClient writes it: `host`, `host\instance` or `host,port`. */
  server: z.string(),
  database: z.string(),
  userName: z.string(),
  encrypt: z.boolean(),
  trustServerCertificate: z.boolean(),
  /** Whether TLS comes before everything else, as TDS 8.0 has it. Only where the connection string says so. */
  strictEncryption: z.literal(true).optional(),
  /** For an availability group of several subnets. */
  multiSubnetFailover: z.boolean().optional(),
  /** Where it is another one than that of the server. */
  hostNameInCertificate: z.string().optional(),
});
export type SourceConnection = z.infer<typeof sourceConnectionSchema>;

/** The environment that a setup is for. Where it is, callers do not say: that stands in the directory of environments. */
export const wantedDestinationSchema = z.strictObject({ environment: environmentNameSchema });

/**
 * The environment that an attempt works on, as it stood in the directory when the attempt began. Its database is reached
 * with the service's own identity.
 */
export const destinationSchema = z.object({ environment: environmentNameSchema, ...environmentPlaceSchema.shape });
export type Destination = z.infer<typeof destinationSchema>;

/**
 * Names of self-hosted runtimes in a factory:
 * https://learn.microsoft.com/azure/data-factory/naming-rules
 */
export const runtimeNameSchema = z
  .string()
  .min(3)
  .max(63)
  .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/);

/** What a setup is asked to do, as it is stored: everything of the request but the password. */
export const setupRequestSchema = z.object({
  product: productSchema,
  source: z.object({
    kind: sourceKindSchema,
    connection: sourceConnectionSchema,
    runtimeName: runtimeNameSchema.optional(),
  }),
  destination: wantedDestinationSchema,
  /** The assessment whose runtime the setup was begun with. */
  assessmentId: setupIdSchema.optional(),
  thresholds: wantedThresholdsSchema.optional(),
  checkSelection: checkSelectionSchema.optional(),
  ...selectionSchema.shape,
});
export type SetupRequest = z.infer<typeof setupRequestSchema>;

/** The request with another selection. */
export function withSelection(
  { companies: _companies, tableMappings: _tableMappings, ...request }: SetupRequest,
  selection: Selection,
): SetupRequest {
  return { ...request, ...selection };
}

/** Names one attempt of one setup everywhere: in state, events, orchestrations and Azure resources. */
export const attemptIdSchema = z.object({
  tenantId: z.string(),
  setupId: z.string(),
  attempt: z.int().positive(),
});
export type AttemptId = z.infer<typeof attemptIdSchema>;

/** The orchestration instance of an attempt; never used twice. */
export function instanceIdOf({ tenantId, setupId, attempt }: AttemptId): string {
  return `${tenantId}.${setupId}.${attempt}`;
}

/** One of the data factories that the service is configured for. */
export const factorySchema = z.strictObject({
  subscriptionId: z.guid(),
  resourceGroup: z.string().min(1).max(90),
  name: z
    .string()
    .min(3)
    .max(63)
    .regex(/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/),
  /** It takes setups of environments in that region only; without one, all. */
  region: regionSchema.optional(),
});
export type Factory = z.infer<typeof factorySchema>;

/** How one factory did in the selection, and why. */
export const factoryCandidateSchema = z.object({
  name: z.string(),
  eligible: z.boolean(),
  /** 0 (full) to 100 (idle). */
  score: z.number(),
  reasons: z.array(z.string()),
  /** Why it cannot take the setup, in words that tell a tenant nothing of the factory's load. */
  obstacle: z.string().optional(),
});
export type FactoryCandidate = z.infer<typeof factoryCandidateSchema>;

/** Why an attempt failed: what was found, and how to mend it. */
export const setupFailureSchema = z.object({
  code: z.string(),
  cause: z.string(),
  remedy: z.string(),
});
export type SetupFailure = z.infer<typeof setupFailureSchema>;
