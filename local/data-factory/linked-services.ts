import { z } from 'zod';
import { read, reference } from './documents.ts';
import { unsupported } from './errors.ts';
import { isObject, toText, type JsonObject } from './json.ts';

// https://learn.microsoft.com/azure/data-factory/connector-sql-server#recommended-version
// https://learn.microsoft.com/azure/data-factory/connector-azure-sql-database#recommended-version
const keyVaultSecret = z.strictObject({
  type: z.literal('AzureKeyVaultSecret'),
  store: z.strictObject({ type: z.literal('LinkedServiceReference'), referenceName: z.string() }),
  secretName: z.string(),
  secretVersion: z.string().optional(),
});
export type KeyVaultSecret = z.infer<typeof keyVaultSecret>;

const place = {
  server: z.string().min(1),
  database: z.string().min(1),
  encrypt: z.union([z.boolean(), z.enum(['true', 'false', 'mandatory', 'optional', 'strict'])]).default('mandatory'),
  trustServerCertificate: z.boolean().default(false),
};
const sqlProperties = z.discriminatedUnion('authenticationType', [
  z.strictObject({
    ...place,
    authenticationType: z.literal('SQL'),
    userName: z.string().min(1),
    password: keyVaultSecret,
  }),
  z.strictObject({ ...place, authenticationType: z.literal('SystemAssignedManagedIdentity') }),
]);
export type SqlProperties = z.infer<typeof sqlProperties>;

const common = {
  description: z.string().optional(),
  annotations: z.array(z.unknown()).optional(),
  connectVia: reference.optional(),
};
const linkedService = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.enum(['SqlServer', 'AzureSqlDatabase']),
    version: z.literal('2.0'),
    typeProperties: sqlProperties,
  }),
  z.strictObject({
    ...common,
    type: z.literal('AzureKeyVault'),
    typeProperties: z.strictObject({ baseUrl: z.url({ protocol: /^https$/ }) }),
  }),
  z.strictObject({
    ...common,
    type: z.literal('AzureBlobStorage'),
    typeProperties: z.strictObject({
      serviceEndpoint: z.url({ protocol: /^https$/ }),
      accountKind: z.string().optional(),
    }),
  }),
]);
/** A linked service that the local service can connect to. */
export type LinkedService = z.infer<typeof linkedService>;

const TYPES: ReadonlySet<string> = new Set(['SqlServer', 'AzureSqlDatabase', 'AzureKeyVault', 'AzureBlobStorage']);

/**
 * Reads the `properties` of a linked service. Refused (400) with a text that names the gap: other types, connection
 * strings, passwords that are not in a key vault, parameters.
 */
export function readLinkedService(properties: JsonObject): LinkedService {
  const type = toText(properties['type'] ?? null);
  if (!TYPES.has(type)) throw unsupported(`A linked service of type '${type}'`);
  const { typeProperties } = properties;
  if (isObject(typeProperties) && typeProperties['connectionString'] !== undefined) {
    throw unsupported('A linked service with a connectionString instead of the version 2.0 properties');
  }
  return read(linkedService, properties, `The ${type} linked service is not one that the local Data Factory runs`);
}
