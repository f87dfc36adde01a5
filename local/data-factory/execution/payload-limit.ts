import type { JsonObject } from '../json.ts';
import { ActivityError } from './activity-error.ts';

// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-data-factory-limits
const MAXIMUM_BYTES = 896 * 1024;
// https://learn.microsoft.com/azure/data-factory/data-factory-troubleshoot-guide#error-code-2002
const TOO_LARGE = '2002';

/** Refuses an activity whose configuration, as evaluated, is larger than the service sends to a runtime. */
export function checkPayload(configuration: JsonObject): void {
  if (Buffer.byteLength(JSON.stringify(configuration)) <= MAXIMUM_BYTES) return;
  const text = 'The payload including configurations on activity/dataSet/linked service is too large.';
  throw new ActivityError(TOO_LARGE, text);
}
