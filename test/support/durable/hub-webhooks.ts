/** What functions with a durable client talk to on a task hub. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { send } from '../../../local/host/answer.ts';
import { readApiCall } from '../../../local/host/durable/api-call.ts';
import { RPC_PATH } from '../../../local/host/durable/links.ts';
import type { Webhooks } from '../../../local/host/durable/webhooks.ts';

/** A door to the management API of a hub. */
export interface HubWebhooks {
  readonly origin: string;
  /** Answers by `webhooks` to those who have the key, and to nobody else. */
  serve(key: string, webhooks: Webhooks): void;
  close(): Promise<void>;
}

/** Listens on a free port. */
export async function openHubWebhooks(): Promise<HubWebhooks> {
  let [root, serving]: [string, Webhooks | undefined] = ['', undefined];
  const unanswered = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const url = new URL(`${origin}${request.url ?? '/'}`);
    const webhooks = url.pathname.startsWith(root) ? serving : undefined;
    // A host that is dead says nothing, not that there is nothing.
    if (webhooks === undefined) return request.socket.destroy();
    unanswered.add(response);
    response.once('close', () => unanswered.delete(response));
    const answering = readApiCall(request, url, url.pathname.slice(root.length)).then((call) => webhooks.answer(call));
    answering.then(
      (answer) => send(response, answer),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    serve(key, webhooks) {
      [root, serving] = [`${RPC_PATH}/${key}/`, webhooks];
      // With the host that they asked, requests end that it has not answered.
      for (const response of unanswered) response.destroy();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
