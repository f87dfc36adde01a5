/**
 * The end of a pipeline that is waited for: it calls the service, so that nobody has to ask when a run has ended. The call
 * decides nothing: whatever comes of it, the run ends as its work did. Pure.
 */
import { after, errorsOf, expression, fail } from './pipeline-activities.ts';
import type { Notification, PipelineActivity, PipelineContext } from './pipeline-activities.ts';

/** Activities whose success is that of their run, all but for the call and what follows it. */
export const decidingActivities = { prepare: 'ByStage', replicate: 'AnyFailure' } as const;

/**
 * The call, and then the failure of the run if its work has failed.
 * @param deciding the activity that decides about the run; it may be skipped
 * @param others activities whose errors explain why it was
 */
export function announcedEnd(
  { notification }: PipelineContext,
  deciding: string,
  others: readonly string[] = [],
): readonly PipelineActivity[] {
  if (notification === undefined) return [];
  const failed: PipelineActivity = {
    name: 'End',
    type: 'IfCondition',
    typeProperties: {
      expression: expression(`@not(equals(activity('${deciding}')?.Status, 'Succeeded'))`),
      ifTrueActivities: [fail('WorkFailed', 'MIG-FAILED', `@${errorsOf([...others, deciding])}`)],
    },
  };
  return [after(call(notification), [deciding], 'Completed', 'Skipped'), after(failed, ['Notify'], 'Completed')];
}

/** https://learn.microsoft.com/azure/data-factory/control-flow-web-activity */
function call({ apiUrl, apiVersion, resource, factory, tenantId, setupId }: Notification): PipelineActivity {
  const subject = `"tenantId":"${tenantId}","setupId":"${setupId}"`;
  return {
    name: 'Notify',
    type: 'WebActivity',
    policy: {
      timeout: '0.00:10:00',
      retry: 0,
      retryIntervalInSeconds: 30,
      secureInput: false,
      secureOutput: false,
    },
    typeProperties: {
      url: `${apiUrl}/factories/${factory}/notifications?api-version=${apiVersion}`,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: expression(`@concat('{${subject},"runId":"', pipeline().RunId, '"}')`),
      authentication: { type: 'MSI', resource },
      // An answer 202 with an address would be followed until there is another.
      turnOffAsync: true,
      httpRequestTimeout: '00:01:00',
    },
  };
}
