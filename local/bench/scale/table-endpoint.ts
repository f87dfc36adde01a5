/**
 * Table Storage in memory at an https endpoint, which takes the same time for each request. Azurite looks through the whole
 * table for each query, and uses as much of the machine as the app.
 */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import type { HttpMethods } from '@azure/core-rest-pipeline';
import { TablesInMemory } from '../../../test/support/tables-in-memory/storage.ts';
import { startStorage } from '../../storage/server.ts';
import type { Storage, StorageOptions } from '../../storage/server.ts';

/** Between the arrival of a request and its answer. */
const LATENCY_MS = 3;
/** The client takes a local address without it for one of Cosmos DB. */
const ACCOUNT = '/devstoreaccount1';

/** Starts a storage account with such tables, and with the blobs of Azurite. */
export async function startFastStorage(options: StorageOptions): Promise<Storage> {
  const storage = await startStorage(options);
  const tables = new TablesInMemory();
  const server = createServer(options.tls, (request, response) => {
    void answer(tables, request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    ...storage,
    tableUrl: `https://localhost:${(server.address() as AddressInfo).port}${ACCOUNT}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await storage.stop();
    },
  };
}

async function answer(tables: TablesInMemory, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '/', headers } = request;
  const asked = createPipelineRequest({
    url: new URL(url.replace(ACCOUNT, ''), 'https://localhost').href,
    method: method as HttpMethods,
    headers: createHttpHeaders(headers as Record<string, string>),
    // A transaction names each of its rows by a whole address.
    body: (await text(request)).replaceAll(ACCOUNT, ''),
  });
  const [{ status, headers: given, bodyAsText }] = await Promise.all([tables.sendRequest(asked), pause(LATENCY_MS)]);
  response.writeHead(status, given.toJSON()).end(bodyAsText);
}
