/** Short names of setups in Azure resources, whose names are short and global. */
import { createHash } from 'node:crypto';

/** Twelve hexadecimal digits, the same for the same tenant and setup. Two setups may share one, but hardly ever will. */
export function setupKey(tenantId: string, setupId: string): string {
  return createHash('sha256').update(`${tenantId}|${setupId}`).digest('hex').slice(0, 12);
}
