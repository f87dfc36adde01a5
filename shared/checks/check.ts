/** What a check is, what it is given and what it says. Pure. */
import { z } from 'zod';
import type { Product, SourceKind } from '../setup/setup.ts';

/** An app that is installed in a database. `appId` is a lower-case GUID, `version` has four parts. */
export const extensionSchema = z.object({
  appId: z.string(),
  name: z.string(),
  publisher: z.string(),
  version: z.string(),
});

/** A value that may be NULL: a Lookup may leave such columns out. */
function orNull<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? null);
}

/** A probe sends a list as JSON text in one column; null when the list cannot be read. */
function listOf<Schema extends z.ZodType>(item: Schema) {
  const list = z.array(item);
  const text = z.string().transform((json) => JSON.parse(json) as unknown);
  return orNull(z.union([list, text.pipe(list)]));
}

const extensionsSchema = listOf(extensionSchema);

/** The row of `sourceProbe`. Null: not there, or hidden from the login. */
export const sourceProbeSchema = z.object({
  database: z.string(),
  productVersion: z.string(),
  /** 5 = Azure SQL Database, 8 = Managed Instance: https://learn.microsoft.com/sql/t-sql/functions/serverproperty-transact-sql */
  engineEdition: z.int(),
  edition: z.string(),
  compatibilityLevel: z.int(),
  collation: orNull(z.string()),
  state: z.string(),
  isReadOnly: z.boolean(),
  userAccess: z.string(),
  changeTrackingOn: z.boolean(),
  changeTrackingRetentionDays: orNull(z.number()),
  changeTrackingAutoCleanup: orNull(z.boolean()),
  applicationVersion: orNull(z.string()),
  /** Mark (`databaseMarkOf`) of the setup that last prepared this database. */
  preparedFor: orNull(z.string()),
  extensions: extensionsSchema,
  login: z.string(),
  user: z.string(),
  isSysadmin: orNull(z.boolean()),
  /** The right CONTROL on the database, whether as its owner, by a role or granted. */
  hasControl: orNull(z.boolean()),
  tableCount: z.int(),
  /** What stands before the last part of table names: a company, or a company and a part of the name. */
  tablePrefixes: listOf(z.object({ prefix: z.string(), tables: z.int() })),
});
type SourceProbe = z.infer<typeof sourceProbeSchema>;

/** The row of `destinationProbe`. Null: not there, or hidden from the service's identity. */
export const destinationProbeSchema = z.object({
  database: z.string(),
  compatibilityLevel: z.int(),
  collation: orNull(z.string()),
  state: z.string(),
  isReadOnly: z.boolean(),
  applicationVersion: orNull(z.string()),
  /** Mark of the setup that marked this environment as ready. */
  boundTo: orNull(z.string()),
  extensions: extensionsSchema,
  user: z.string(),
  /** The right CONTROL on the database, whether as its owner, by a role or granted. */
  hasControl: orNull(z.boolean()),
});
type DestinationProbe = z.infer<typeof destinationProbeSchema>;

/** A row of `listCompanies`. */
export const companySchema = z.object({
  name: z.string(),
  displayName: orNull(z.string()),
  isEvaluation: z.boolean(),
  /** The name as it stands in table names. */
  sqlName: z.string(),
  /** Of the company's own tables; null when the login may not see sizes. */
  sizeGigabytes: orNull(z.number()),
});
export type Company = z.infer<typeof companySchema>;

/** Limits that Microsoft's articles state differently, or that change with releases. */
export const checkThresholdsSchema = z.object({
  minimumCompatibilityLevel: z.int().default(130),
  minimumSourceMajor: z.int().default(25),
  minimumRetentionDays: z.number().default(3),
  companyCountWarning: z.int().default(300),
  companySizeWarningGigabytes: z.number().default(50),
  tableCountWarning: z.int().default(10_000),
});
export type CheckThresholds = z.infer<typeof checkThresholdsSchema>;

/** Everything that was measured. */
export interface CheckInput {
  /** The mark of this setup; the same text as @setupKey of the scripts. */
  readonly setupKey: string;
  readonly product: Product;
  readonly sourceKind: SourceKind;
  readonly source: SourceProbe;
  /** All that the source has. */
  readonly companies: readonly Company[];
  /** Names of those that are to be migrated; left out: all. */
  readonly selected?: readonly string[];
  readonly destination: DestinationProbe;
  /** Left out for a source that needs no self-hosted runtime. */
  readonly runtime?: {
    readonly name: string;
    readonly online: boolean;
    readonly nodes: readonly { readonly name: string; readonly version: string }[];
  };
  readonly thresholds: CheckThresholds;
}

/** `blocks`: the setup fails. `warns`: it goes on, something may go wrong later. `informs`: worth knowing. */
const checkSeveritySchema = z.enum(['blocks', 'warns', 'informs']);
type CheckSeverity = z.infer<typeof checkSeveritySchema>;

const checkTargetSchema = z.enum(['source', 'destination', 'runtime', 'companies']);
type CheckTarget = z.infer<typeof checkTargetSchema>;

/** What one check found. `cause` and `remedy.text` are empty unless it failed; `cause` says why it was skipped. */
export const checkResultSchema = z.object({
  id: z.string(),
  title: z.string(),
  target: checkTargetSchema,
  severity: checkSeveritySchema,
  status: z.enum(['passed', 'failed', 'skipped']),
  measured: z.string(),
  expected: z.string(),
  cause: z.string(),
  remedy: z.object({ text: z.string(), sql: z.string().optional(), documentation: z.url() }),
  /** The number that Business Central's client knows for it, or the id. */
  code: z.string(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

/** What a check says about its input. A failure may be less severe than the check is at worst. */
export type Finding =
  | { readonly status: 'passed'; readonly measured: string; readonly expected: string }
  | { readonly status: 'skipped'; readonly cause: string }
  | {
      readonly status: 'failed';
      readonly measured: string;
      readonly expected: string;
      readonly cause: string;
      readonly remedy: string;
      readonly sql?: string;
      readonly severity?: CheckSeverity;
      readonly code?: string;
    };

/** One check of the catalogue. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly target: CheckTarget;
  /** At worst. */
  readonly severity: CheckSeverity;
  readonly code: string;
  readonly documentation: string;
  evaluate(input: CheckInput): Finding;
}
