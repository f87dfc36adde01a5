// How many connections a burst of requests opens.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createDefaultHttpClient, createEmptyPipeline, createPipelineRequest } from '@azure/core-rest-pipeline';
import { expect, onTestFinished, test } from 'vitest';
import { fewConnections, MAXIMUM_CONNECTIONS } from '../../shared/requests/few-connections.ts';
import { sharedIdentity } from '../support/shared-endpoints.ts';

const REQUESTS = 4 * MAXIMUM_CONNECTIONS;
const ANSWER_MS = 5;

/** Sends requests at once to a server. @returns how many were answered, and how many connections that took */
async function burst(server: Server, scheme: 'http' | 'https') {
  let connections = 0;
  let answered = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `${scheme}://localhost:${(server.address() as AddressInfo).port}/`;
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(fewConnections);
  const client = createDefaultHttpClient();
  await Promise.all(
    Array.from({ length: REQUESTS }, async () => {
      const { status } = await pipeline.sendRequest(
        client,
        createPipelineRequest({ url, allowInsecureConnection: true }),
      );
      if (status === 200) answered += 1;
    }),
  );
  return { connections, answered };
}

const answer = async (_request: unknown, response: { end(): void }) => {
  await pause(ANSWER_MS);
  response.end();
};

test('a burst over https shares a few connections', async () => {
  const { tls } = await sharedIdentity();
  const server = createServer(tls, (request, response) => void answer(request, response));
  expect(await burst(server, 'https')).toEqual({ connections: MAXIMUM_CONNECTIONS, answered: REQUESTS });
});

test('what is asked without TLS is answered', async () => {
  const server = createHttpServer((request, response) => void answer(request, response));
  expect(await burst(server, 'http')).toMatchObject({ answered: REQUESTS });
});
