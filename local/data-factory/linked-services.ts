import { z } from 'zod';
import { read, reference } from './documents.ts';
import { unsupported } from './errors.ts';
import { isObject, toText, type Json, type JsonObject } from './json.ts';

// https://learn.microsoft.com/azure/data-factory/connector-sql-server#recommended-version
// https://learn.microsoft.com/azure/data-factory/connector-azure-sql-database#recommended-version
const secureString = z.strictObject({ type: z.literal('SecureString'), value: z.string().min(1) });

const place = {
  server: z.string().min(1),
  database: z.string().min(1),
  encrypt: z.union([z.boolean(), z.enum(['true', 'false', 'mandatory', 'optional', 'strict'])]).default('mandatory'),
  trustServerCertificate: z.boolean().default(false),
  /** In seconds. */
  connectTimeout: z.int().min(1).optional(),
};
const sqlProperties = z.discriminatedUnion('authenticationType', [
  z.strictObject({
    ...place,
    authenticationType: z.literal('SQL'),
    multiSubnetFailover: z.boolean().optional(),
    hostNameInCertificate: z.string().min(1).optional(),
    userName: z.string().min(1),
    password: secureString,
  }),
  z.strictObject({ ...place, authenticationType: z.literal('SystemAssignedManagedIdentity') }),
]);
export type SqlProperties = z.infer<typeof sqlProperties>;

// https://learn.microsoft.com/azure/data-factory/connector-azure-blob-storage#linked-service-properties
const blobProperties = z.union([
  z.strictObject({ serviceEndpoint: z.url({ protocol: /^https$/ }), accountKind: z.string().optional() }),
  z.strictObject({ sasUri: secureString.extend({ value: z.url({ protocol: /^https$/ }) }) }),
]);
/** A blob storage: by the factory's identity, or by an address with a signature. */
export type BlobProperties = z.infer<typeof blobProperties>;

const common = {
  description: z.string().optional(),
  annotations: z.array(z.unknown()).optional(),
  connectVia: reference.optional(),
};
const linkedService = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.enum(['SqlServer', 'AzureSqlDatabase']),
    typeProperties: sqlProperties,
  }),
  z.strictObject({
    ...common,
    type: z.literal('AzureBlobStorage'),
    typeProperties: blobProperties,
  }),
]);
/** A linked service that the local service can connect to. */
export type LinkedService = z.infer<typeof linkedService>;

const TYPES: ReadonlySet<string> = new Set(['SqlServer', 'AzureSqlDatabase', 'AzureBlobStorage']);

/**
 * Reads the `properties` of a linked service. Refused (400) with a text that names the gap and repeats no value: other
 * types, connection strings, passwords in a key vault, parameters, dynamic content.
 */
export function readLinkedService(properties: JsonObject): LinkedService {
  const type = toText(properties['type'] ?? null);
  if (!TYPES.has(type)) throw unsupported(`A linked service of type '${type}'`);
  const { typeProperties } = properties;
  if (isObject(typeProperties) && typeProperties['connectionString'] !== undefined) {
    throw unsupported('A linked service with a connectionString instead of its parts');
  }
  if (hasExpression(properties)) throw unsupported('Dynamic content (@…, @{…}) in a linked service');
  return read(linkedService, properties, `The ${type} linked service is not one that the local Data Factory runs`);
}

// https://learn.microsoft.com/azure/data-factory/parameterize-linked-services
function hasExpression(value: Json): boolean {
  if (typeof value === 'string') return value.startsWith('@') || value.includes('@{');
  return typeof value === 'object' && value !== null && Object.values(value).some(hasExpression);
}

/**
 * The `properties` as the service shows them: instead of a secret there are asterisks and the name under which the
 * service keeps it, which changes with each put.
 */
export function withoutSecrets(properties: JsonObject, version: string): JsonObject {
  const { typeProperties } = properties;
  if (!isObject(typeProperties)) return properties;
  const isSecret = (value: Json) => isObject(value) && value['type'] === 'SecureString';
  if (!Object.values(typeProperties).some(isSecret)) return properties;
  const shown = Object.entries(typeProperties).map(([name, value]) => [
    name,
    isSecret(value) ? { type: 'SecureString', value: '*'.repeat(10) } : value,
  ]);
  const credential = { ProtectionMode: 'Key', CredentialId: `DATAFACTORY@${version}` };
  return {
    ...properties,
    typeProperties: {
      ...(Object.fromEntries(shown) as JsonObject),
      encryptedCredential: Buffer.from(JSON.stringify(credential)).toString('base64'),
    },
  };
}
