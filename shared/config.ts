/** The only reader of the environment: validates all settings once and stops with the name of what is wrong. */
import { hostname } from 'node:os';
import { z } from 'zod';
import { checkThresholdsSchema } from './checks/thresholds.ts';
import type { CheckThresholds } from './checks/thresholds.ts';
import { regionSchema } from './environments/environment.ts';
import { factorySchema } from './setup/setup.ts';
import { azureSqlDomains } from './sql/azure-connection.ts';

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https URL' });
const publicUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''));
const guids = json(z.array(z.guid().toLowerCase()));
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Every setting of the app. Each is explained in the README; `local.settings.sample.json` has them all. */
export const settingsSchema = z.object({
  MIGRATION_PUBLIC_URL: publicUrl,
  MIGRATION_STATE_TABLE_ENDPOINT: httpsUrl,
  MIGRATION_SERVICE_BUS_NAMESPACE: z.string().regex(/^[A-Za-z0-9.-]+(:\d+)?$/, 'must be a host name'),
  MIGRATION_EVENT_TOPIC: z.string().min(1).max(260),
  MIGRATION_EVENT_SOURCE: httpsUrl,
  MIGRATION_KEY_VAULT_URL: httpsUrl,
  MIGRATION_KEY_VAULT_VERIFY_CHALLENGE: flag.default(true),
  MIGRATION_RESOURCE_MANAGER_URL: httpsUrl.default('https://management.azure.com'),
  // With `{region}`, or the only one. Without it, entities are counted by lists alone.
  MIGRATION_METRICS_ENDPOINT: z
    .string()
    .regex(/^(?:https:\/\/.+)?$/, 'must be an https URL, or empty')
    .default(''),
  MIGRATION_FACTORIES: json(z.array(factorySchema).min(1, 'must name at least one factory').max(100)),
  MIGRATION_STAGING_BLOB_ENDPOINT: httpsUrl,
  // Of the regions that have an account of their own; all others use the one above.
  MIGRATION_REGIONAL_STAGING_BLOB_ENDPOINTS: json(z.record(regionSchema, httpsUrl)).default({}),
  MIGRATION_AZURE_SQL_DOMAINS: json(z.array(z.string().toLowerCase()).min(1)).default([...azureSqlDomains]),
  MIGRATION_TOKEN_ISSUER: z.string().includes('{tenantId}', { error: 'must contain {tenantId}' }),
  MIGRATION_TOKEN_AUDIENCE: z.string().min(1),
  MIGRATION_TOKEN_KEYS_URL: httpsUrl,
  // Without it, pipelines do not say when they have ended.
  MIGRATION_NOTIFICATION_RESOURCE: z.string().default(''),
  MIGRATION_PROVIDER_TENANT: z.guid().toLowerCase(),
  MIGRATION_ALLOWED_TENANTS: guids.default([]),
  MIGRATION_ALLOWED_CLIENTS: guids.default([]),
  // A wait is one timer, and Durable Functions splits those of more than six days (see `waitForEvent`).
  MIGRATION_RUNTIME_WAIT_HOURS: z.coerce.number().positive().max(120).default(24),
  MIGRATION_SWEEP: z.enum(['report', 'remove']).default('report'),
  MIGRATION_HISTORY_RETENTION_DAYS: z.coerce.number().int().positive().default(30),
  MIGRATION_MINIMUM_SOURCE_MAJOR: z.coerce.number().int().positive().default(25),
  MIGRATION_COMPANY_COUNT_WARNING: z.coerce.number().int().positive().default(300),
  MIGRATION_COMPANY_SIZE_WARNING_GB: z.coerce.number().positive().default(50),
});

export type Settings = z.infer<typeof settingsSchema>;

const prefix = 'MIGRATION_';

/** A setting is missing, malformed or not known. The message names each one and never shows a value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * Reads the app's settings.
 * @throws {SettingsError} naming every setting that is missing, malformed or unknown.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const own = Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith(prefix)));
  const known = Object.keys(settingsSchema.shape);
  const problems = Object.keys(own)
    .filter((name) => !known.includes(name))
    .map((name) => `${name} is not a setting of this app; known are ${known.join(', ')}`);

  const parsed = settingsSchema.safeParse(own);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    const inside = issue.path.slice(1).join('.');
    const problem = own[name] === undefined ? 'is missing' : issue.message;
    problems.push(`${name}${inside === '' ? '' : ` (${inside})`} ${problem}`);
  }
  if (!parsed.success || problems.length > 0) {
    throw new SettingsError(`The app's settings are wrong. ${problems.join('. ')}. See "Settings" in the README.`);
  }
  return parsed.data;
}

/** Where telemetry goes. */
export interface TelemetrySettings {
  /** Of Application Insights. */
  readonly connectionString: string;
  /** By what name the app is known there: that of the function app. */
  readonly service: string;
  /** Which instance of it this is. */
  readonly instance: string;
}

/**
 * Reads where telemetry goes, from the settings that the host itself has for that; undefined if nowhere.
 * @throws {SettingsError} if what is there is no connection string
 */
export function readTelemetrySettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TelemetrySettings | undefined {
  const connectionString = environment['APPLICATIONINSIGHTS_CONNECTION_STRING'] ?? '';
  if (connectionString === '') return undefined;
  if (!/\bInstrumentationKey=[\da-f-]{36}\b/i.test(connectionString)) {
    const remedy = 'Copy the connection string of Application Insights, or leave the setting out.';
    throw new SettingsError(`APPLICATIONINSIGHTS_CONNECTION_STRING has no InstrumentationKey. ${remedy}`);
  }
  return {
    connectionString,
    service: environment['WEBSITE_SITE_NAME'] ?? 'cloud-migration-setup',
    instance: environment['WEBSITE_INSTANCE_ID'] ?? hostname(),
  };
}

/** The thresholds of the checks: those that are settings, and the fixed ones. */
export function checkThresholds(settings: Settings): CheckThresholds {
  return checkThresholdsSchema.parse({
    minimumSourceMajor: settings.MIGRATION_MINIMUM_SOURCE_MAJOR,
    companyCountWarning: settings.MIGRATION_COMPANY_COUNT_WARNING,
    companySizeWarningGigabytes: settings.MIGRATION_COMPANY_SIZE_WARNING_GB,
  });
}
