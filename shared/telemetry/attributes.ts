/** What signals say of the work that they are about. Names only of what is the service's own; nothing of a customer's. Pure. */
import { z } from 'zod';

/** Each attribute with what it holds. Those of OpenTelemetry's conventions keep their names, where Application Insights keeps them. */
export const attributes = {
  tenant: { name: 'migration.tenant.id', meaning: 'the tenant that the setup is of' },
  setup: { name: 'migration.setup.id', meaning: 'the setup, as its caller named it' },
  attempt: { name: 'migration.attempt', meaning: 'the attempt of the setup' },
  phase: { name: 'migration.phase', meaning: 'the phase that the setup was in' },
  state: { name: 'migration.state', meaning: 'the state of the setup' },
  factory: { name: 'migration.factory', meaning: 'the data factory' },
  activity: { name: 'migration.activity', meaning: 'the activity of `orchestrators/contract.ts`' },
  outcome: { name: 'migration.outcome', meaning: 'what came of it' },
  code: { name: 'migration.error.code', meaning: 'the error code of `errors.md`, or the name of what was thrown' },
  function: { name: 'faas.name', meaning: 'the function that wrote the line' },
  wait: { name: 'migration.wait', meaning: 'what is waited for' },
  quota: { name: 'migration.quota', meaning: 'the limit of a factory: `entities` or `activeRuns`' },
  mode: { name: 'migration.replication.mode', meaning: '`full` or `delta`' },
  method: { name: 'http.request.method', meaning: 'the HTTP method' },
  status: { name: 'http.response.status_code', meaning: 'the status of the answer' },
  server: { name: 'server.address', meaning: 'the host of the Azure service that was asked' },
  service: { name: 'az.namespace', meaning: 'the kind of the Azure service that was asked' },
  database: { name: 'db.system.name', meaning: 'that a database was worked with' },
} as const;

type AttributeKey = keyof typeof attributes;
/** What is known of some work. */
export type Facts = { readonly [Key in AttributeKey]?: string | number | undefined };

/** Facts under the names of their attributes. */
export function attributesOf(facts: Facts): Record<string, string | number> {
  const known = Object.entries(facts).flatMap(([key, value]) =>
    value === undefined ? [] : [[attributes[key as AttributeKey].name, value] as const],
  );
  return Object.fromEntries(known);
}

const workSchema = z.object({
  tenantId: z.string().optional(),
  setupId: z.string().optional(),
  attempt: z.int().optional(),
  factory: z.object({ name: z.string() }).optional(),
});

/** What the input of an activity tells of its work. */
export function factsOf(input: unknown): Facts {
  const { tenantId, setupId, attempt, factory } = workSchema.safeParse(input).data ?? {};
  return { tenant: tenantId, setup: setupId, attempt, factory: factory?.name };
}
