import type { AppFunction, FunctionApp } from '../function-app.ts';
import { typedDataToJson, type TypedData } from '../typed-data.ts';
import { writtenByDotNet } from './dotnet-text.ts';
import { EventType, type ArrivedEvent } from './history.ts';
import type { ActivityTask } from './store.ts';
import type { Trace } from '../trace.ts';
import { describeThrown } from './thrown.ts';

/** Runs an activity once and answers with the event that tells its orchestration. Does not reject. */
export async function callActivity(
  app: FunctionApp,
  activity: AppFunction,
  task: ActivityTask & { readonly trace: Trace },
  now: () => string,
): Promise<ArrivedEvent> {
  const input: unknown = task.input === null ? null : JSON.parse(task.input);
  const completion = { TaskScheduledId: task.taskId, EventId: -1, IsPlayed: false };
  try {
    const metadata = { instanceId: { string: task.instanceId } };
    const result = await app.invoke(activity, activityInput(input), metadata, task.trace);
    return {
      EventType: EventType.TaskCompleted,
      ...completion,
      Result: resultText(result),
      Timestamp: now(),
    };
  } catch (error) {
    const { message, stack } = describeThrown(error);
    return {
      EventType: EventType.TaskFailed,
      ...completion,
      Reason: `Activity function '${activity.name}' failed: ${message}`,
      Details: exceptionText(message, stack),
      FailureDetails: null,
      Timestamp: now(),
    };
  }
}

function resultText(returned: TypedData | undefined): string | null {
  const json = typedDataToJson(returned);
  return json === null ? null : writtenByDotNet(json);
}

/**
 * The extension turns the input into text as .NET does: a boolean arrives capitalised, null not at all, and `$type` members
 * are taken for its own.
 */
function activityInput(input: unknown): TypedData {
  if (input === null) return {};
  if (typeof input === 'string') return { string: input };
  if (typeof input === 'boolean') return { string: input ? 'True' : 'False' };
  return { string: JSON.stringify(input, (name, value: unknown) => (name === '$type' ? undefined : value)) };
}

/** The .NET exception that the extension stores as the details of a failure, with the members that tell something. */
function exceptionText(message: string, stack: string): string {
  return JSON.stringify({
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: message,
    Data: null,
    InnerException: {
      $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
      IsUserException: false,
      RemoteStackTrace: stack,
      RemoteMessage: message,
      RemoteTypeName: null,
      Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
      Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
      InnerException: null,
      HelpLink: null,
      Source: 'host',
      HResult: -2146233088,
      StackTrace: null,
    },
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: -2146233088,
    Source: null,
    WatsonBuckets: null,
  });
}
