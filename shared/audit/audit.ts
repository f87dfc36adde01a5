/** What is written down of every accepted change: who, what, when, and what came of it. Pure. */
import { z } from 'zod';

/** Who did what, in which request. */
export interface AuditEntry {
  readonly actor: string;
  readonly action: string;
  readonly requestId: string;
}

/** What was changed; what does not apply is left out. */
const subjectSchema = z.object({
  tenantId: z.string().optional(),
  setupId: z.string().optional(),
  environment: z.string().optional(),
  /** Where the environment is from then on. */
  server: z.string().optional(),
  database: z.string().optional(),
  region: z.string().optional(),
  replayId: z.string().optional(),
});
export type AuditSubject = z.infer<typeof subjectSchema>;

export const auditRecordSchema = z.object({
  /** Its own: one request may make several changes in a millisecond. */
  id: z.guid(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  requestId: z.string(),
  ...subjectSchema.shape,
  result: z.string(),
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;

export function auditRecord(subject: AuditSubject, entry: AuditEntry, result: string, now: Date): AuditRecord {
  const { actor, action, requestId } = entry;
  return { id: crypto.randomUUID(), at: now.toISOString(), actor, action, requestId, ...subject, result };
}
