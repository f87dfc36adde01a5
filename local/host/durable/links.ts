/** Where the management API of the Durable extension is, and how clients get in. */
export interface WebhookAddress {
  /** Of the host, for example `http://localhost:7071`. */
  readonly origin: string;
  readonly hubName: string;
  /** The system key. */
  readonly key: string;
}

export const WEBHOOK_PATH = '/runtime/webhooks/durabletask';
export const RPC_PATH = '/durabletask';

/** The management URLs of one instance. */
export function managementUrls({ origin, hubName, key }: WebhookAddress, id: string) {
  const instance = `${origin}${WEBHOOK_PATH}/instances/${encodeURIComponent(id)}`;
  const query = `taskHub=${hubName}&connection=Storage&code=${key}`;
  return {
    id,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/**
 * What a function with a durable client gets, as JSON text. The SDK sends its calls to `rpcBaseUrl` without a key; here the
 * key is part of that path, so that no other process of the machine gets in.
 */
export function clientBinding(address: WebhookAddress): string {
  const { origin, hubName, key } = address;
  const start = `${origin}${WEBHOOK_PATH}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${start}?code=${key}`,
      createAndWaitOnNewInstancePostUri: `${start}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${key}`,
    },
    managementUrls: managementUrls(address, 'INSTANCEID'),
    baseUrl: `${origin}${WEBHOOK_PATH}`,
    requiredQueryStringParameters: `code=${key}`,
    rpcBaseUrl: `${origin}${RPC_PATH}/${key}/`,
  });
}
