/**
 * Loaded into the process of the host before the app: writes down when a call to a service was open, in milliseconds since the
 * epoch, a line from the first of some that overlap to the end of the last. Calls to the host itself are none.
 */
import { subscribe, tracingChannel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBusSender } from '@azure/service-bus';

const WRITE_EVERY_MS = 200;
const file = process.env['OPEN_CALLS_FILE'] ?? '';

let open = 0;
let since = 0;
let lines = '';

const now = () => performance.timeOrigin + performance.now();

function begin(): void {
  if (open === 0) since = now();
  open += 1;
}

function end(): void {
  open -= 1;
  if (open === 0) lines += `${since} ${now()}\n`;
}

subscribe('http.client.request.created', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  if (request.protocol !== 'https:') return;
  begin();
  request.once('close', end);
});

const nothing = () => undefined;
for (const name of ['connect', 'query', 'batch', 'execute', 'bulk']) {
  const handlers = { start: begin, end: nothing, asyncStart: nothing, asyncEnd: end, error: nothing };
  tracingChannel(`mssql:${name}`).subscribe(handlers);
}

const client: { createSender: (this: ServiceBusClient, topic: string) => ServiceBusSender } =
  ServiceBusClient.prototype;
const { createSender } = client;
client.createSender = function (topic) {
  const sender = createSender.call(this, topic);
  const send = sender.sendMessages.bind(sender);
  sender.sendMessages = async (...messages) => {
    begin();
    await send(...messages).finally(end);
  };
  return sender;
};

setInterval(() => {
  if (lines !== '') appendFileSync(file, lines);
  lines = '';
}, WRITE_EVERY_MS).unref();
