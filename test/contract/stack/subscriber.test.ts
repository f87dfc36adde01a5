/** The sample of a downstream service, run as a stranger runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, onTestFinished, test } from 'vitest';
import { startIdentity } from '../../../local/identity/server.ts';
import { startServiceBus } from '../../../local/service-bus/server.ts';
import { parseTopology } from '../../../local/service-bus/topology.ts';
import { createCertificateAuthority, trustCertificateAuthority } from '../../../local/stack/certificates.ts';
import { credentialOf, registerClients } from '../../../local/stack/clients.ts';
import topology from '../../../local/stack/service-bus-topology.json' with { type: 'json' };
import { receiveOne } from '../../support/service-bus.ts';

const tenantId = '00000000-0000-4000-8000-000000000001';
const clients = registerClients(tenantId, tenantId);
const authority = await createCertificateAuthority();
trustCertificateAuthority(authority.certificate);

/** A namespace with the topology of the product, who signs in to it, and the settings of the sample. */
async function start() {
  const tls = await authority.issue();
  const identity = await startIdentity({ tls, tenantId, clients: Object.values(clients) });
  onTestFinished(() => identity.stop());
  const bus = await startServiceBus({ topology: parseTopology(topology), tls, verifyToken: identity.verifyToken });
  onTestFinished(() => bus.stop());
  const folder = await mkdtemp(join(tmpdir(), 'subscriber-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const certificateFile = join(folder, 'authority.pem');
  await writeFile(certificateFile, authority.certificate);
  const { clientId, secret } = clients.subscriber;
  const client = new ServiceBusClient(bus.fullyQualifiedNamespace, credentialOf(clients.subscriber, identity.url));
  onTestFinished(() => client.close());
  const settings = {
    SERVICE_BUS_NAMESPACE: bus.fullyQualifiedNamespace,
    NODE_EXTRA_CA_CERTS: certificateFile,
    AZURE_AUTHORITY_HOST: identity.url,
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: secret,
  };
  return { client, settings };
}

/** Runs the sample until it has printed a line that ends so. @returns what it printed of events */
async function runUntil(
  settings: Readonly<Record<string, string>>,
  end: string,
  file = 'samples/subscriber.ts',
): Promise<string[]> {
  const sample = spawn(process.execPath, [file], {
    env: { PATH: process.env['PATH'], ...settings },
  });
  const ended = once(sample, 'exit');
  onTestFinished(() => void sample.kill('SIGKILL'));
  const lines: string[] = [];
  for await (const line of createInterface(sample.stdout)) {
    lines.push(line);
    if (line.endsWith(end)) {
      sample.kill('SIGTERM');
    }
  }
  expect(await ended).toEqual([0, null]);
  return lines.slice(1);
}

test('the sample handles events once and in order, also after it was started anew, and puts aside what is none', async () => {
  const { client, settings } = await start();
  const sender = client.createSender('setup-events');
  let sent = 0;
  const send = async (sequence: number | undefined, body: object) => {
    sent += 1;
    const event = { id: `event-${sequence ?? 'none'}`, type: 'setup.moved', data: body };
    const number = sequence === undefined ? {} : { sequence: String(sequence).padStart(10, '0') };
    await sender.sendMessages({ messageId: String(sent), sessionId: 'tenant.setup', body: { ...event, ...number } });
  };
  for (const sequence of [1, 2, 1, 2]) await send(sequence, {});
  await sender.sendMessages({ messageId: 'strange', sessionId: 'tenant.setup', body: 'hello' });
  await send(undefined, { of: 'a factory' });
  expect(await runUntil(settings, '{"of":"a factory"}')).toEqual([
    'event-1 setup.moved {}',
    'event-2 setup.moved {}',
    'event-none setup.moved {"of":"a factory"}',
  ]);

  for (const sequence of [2, 3]) await send(sequence, {});
  await send(4, { last: true });
  expect(await runUntil(settings, '{"last":true}')).toEqual([
    'event-3 setup.moved {}',
    'event-4 setup.moved {"last":true}',
  ]);
  const put = client.createReceiver('setup-events', 'provisioning', { subQueueType: 'deadLetter' });
  expect(await receiveOne(put)).toMatchObject({ body: 'hello', deadLetterReason: 'NoEvent' });
});

test('an event that cannot be handled is tried ten times and put aside, and the next one comes', async () => {
  const { client, settings } = await start();
  const folder = await mkdtemp('samples/.copy-');
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = await readFile('samples/subscriber.ts', 'utf8');
  const work = 'console.log(id, type, JSON.stringify(data));';
  expect(text).toContain(work);
  const broken = join(folder, 'subscriber.ts');
  await writeFile(broken, text.replace(work, `${work} if (id === 'bad') throw new Error('It cannot be handled.');`));
  const sender = client.createSender('setup-events');
  for (const [index, id] of ['bad', 'good'].entries()) {
    const body = { id, type: 'setup.moved', sequence: String(index + 1).padStart(10, '0'), data: {} };
    await sender.sendMessages({ messageId: id, sessionId: 'tenant.setup', body });
  }
  const lines = await runUntil(settings, 'good setup.moved {}', broken);
  expect(lines).toEqual([...Array<string>(10).fill('bad setup.moved {}'), 'good setup.moved {}']);
  const put = client.createReceiver('setup-events', 'provisioning', { subQueueType: 'deadLetter' });
  expect(await receiveOne(put)).toMatchObject({ messageId: 'bad', deadLetterReason: 'MaxDeliveryCountExceeded' });
});

test('the sample names the setting that it misses', async () => {
  const sample = spawn(process.execPath, ['samples/subscriber.ts'], { env: { PATH: process.env['PATH'] } });
  const said = await Array.fromAsync(createInterface(sample.stderr));
  expect(said).toEqual(['Set SERVICE_BUS_NAMESPACE: the first lines of this file say to what.']);
  if (sample.exitCode === null) await once(sample, 'exit');
  expect(sample.exitCode).toBe(2);
});
