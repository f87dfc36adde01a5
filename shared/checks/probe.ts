/** What is measured of both databases: the rows of the probes, and the companies. Pure. */
import { z } from 'zod';

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
/** Some names, each with how many there are of them. A list without rows is NULL. */
const someNamesSchema = listOf(z.object({ name: z.string(), total: z.int() })).transform((names) => names ?? []);

/** Why a value could not be read: it is not there, the login may not see it, or the server is too old to tell. */
const gapSchema = z.enum(['absent', 'denied', 'old']);
export type Gap = z.infer<typeof gapSchema>;

/** Gaps by the name of what is missing; a probe sends them as `name=gap;name=gap;`. */
const gapsSchema = z.preprocess(
  (sent) => (typeof sent === 'string' ? Object.fromEntries(sent.split(';').filter(Boolean).map(pairOf)) : sent),
  z.record(z.string(), gapSchema),
);

function pairOf(text: string): [string, string] {
  const [name = '', gap = ''] = text.split('=');
  return [name, gap];
}

/** The row of `sourceProbe`. Null: could not be read, for the reason that `unmeasured` has, or has no value. */
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
  recoveryModel: z.string(),
  updatesStatistics: z.boolean(),
  changeTrackingOn: z.boolean(),
  changeTrackingRetentionDays: orNull(z.number()),
  changeTrackingAutoCleanup: orNull(z.boolean()),
  applicationVersion: orNull(z.string()),
  /** Mark (`databaseMarkOf`) of the setup that last prepared this database. */
  preparedFor: orNull(z.string()),
  extensions: extensionsSchema,
  login: z.string(),
  user: z.string(),
  /** Days until the password of the login expires; null if it does not, or not as far as the server knows. */
  loginDays: orNull(z.int()),
  isSysadmin: orNull(z.boolean()),
  /** The right CONTROL on the database, whether as its owner, by a role or granted. */
  hasControl: orNull(z.boolean()),
  /** Of the rights on the database that are used: those that the login lacks. */
  missingRights: listOf(z.object({ name: z.string() })).transform((rights) => rights ?? []),
  /** The right VIEW CHANGE TRACKING on the schema dbo. */
  seesChanges: orNull(z.boolean()),
  seesDefinitions: orNull(z.boolean()),
  seesState: orNull(z.boolean()),
  tableCount: z.int(),
  /** What stands before the last part of table names: a company, or a company and a part of the name. */
  tablePrefixes: listOf(z.object({ prefix: z.string(), tables: z.int() })),
  tablesWithoutKey: someNamesSchema,
  /** Of `[Tenant Media]`; null also if it is empty. */
  largestMediaMegabytes: orNull(z.number()),
  mediaMegabytes: orNull(z.number()),
  /** Null also if the server knows of no full backup. */
  fullBackupAgeHours: orNull(z.int()),
  /** Since any statistics of a table were updated. */
  statisticsAgeDays: orNull(z.int()),
  unmeasured: gapsSchema,
});
/** What is kept of it: what fits in a row, whatever the number of companies. */
export const sourceFactsSchema = sourceProbeSchema.omit({ extensions: true, tablePrefixes: true });
export type SourceProbe = z.infer<typeof sourceProbeSchema>;

const fileSchema = z.object({
  type: z.enum(['ROWS', 'LOG']),
  /** Megabytes that it has and that nothing takes. */
  unused: z.number(),
  /** Megabytes by which it may grow; null: as far as its disk reaches. */
  growth: orNull(z.number()),
});

/** The row of `sourceStorageProbe`. Null as of the source. */
export const storageProbeSchema = z.object({
  delayedDurability: orNull(z.string()),
  /** Null also where it is not a setting. */
  acceleratedRecovery: orNull(z.boolean()),
  /** Tables of Business Central whose features hinder a copy, each with them. */
  specialTables: someNamesSchema,
  /** Tables whose names have characters that scripts trip over. */
  oddNames: someNamesSchema,
  files: listOf(fileSchema).transform((files) => files ?? []),
  /** Of the disks that hold files of the database: what the fullest has left. Null also where there is none to see. */
  diskMegabytes: orNull(z.number()),
  unmeasured: gapsSchema,
});
export type StorageProbe = z.infer<typeof storageProbeSchema>;

/** The row of `destinationProbe`. Null as of the source. */
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
  /** Tables whose replication is turned off online. */
  tablesTurnedOff: someNamesSchema,
  /** Of tables, each with its table. */
  triggers: someNamesSchema,
  user: z.string(),
  /** The right CONTROL on the database, whether as its owner, by a role or granted. */
  hasControl: orNull(z.boolean()),
  usedGigabytes: orNull(z.number()),
  /** Null: the server sets no largest size; negative: there is none. */
  maximumGigabytes: orNull(z.number()),
  unmeasured: gapsSchema,
});
export type DestinationProbe = z.infer<typeof destinationProbeSchema>;

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

/** The same row: how many companies there are, also where a Lookup ends before the last. A pipeline of release 1.0.0 says it not. */
export const companyTotalSchema = z.object({ total: z.int().optional() });
