/** Builds the app, starts everything and keeps it up until Ctrl-C. `--help` tells the options. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { restartOnBuild } from './process/build-watch.ts';
import { API_AUDIENCE } from './clients.ts';
import type { ClientName } from './clients.ts';
import { buildApp } from './build-app.ts';
import { readCommandLine } from './command-line.ts';
import { sampleEnvironmentBody, sampleSetupBody } from '../demo/sample-setup.ts';
import { startStack } from './stack.ts';
import { stopOnSignal } from './process/stop-on-signal.ts';

// As Azure Functions Core Tools.
const DEFAULT_PORT = 7071;

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function start(): Promise<void> {
  const options = readCommandLine(process.argv.slice(2), DEFAULT_PORT);
  if (options === undefined) return;
  const { hostKind, port: hostPort } = options;
  const appDirectory = process.cwd();
  const log = (line: string): void => console.log(line);

  await requireFreePort(hostPort);
  buildApp(appDirectory);
  const stack = await startStack({ hostKind, appDirectory, hostPort, log });
  const stopping = new AbortController();
  stopOnSignal(stack, stopping);
  // Core Tools look after that themselves.
  if (hostKind === 'local') {
    const watch = restartOnBuild({ folder: join(appDirectory, 'dist'), host: stack.host, log });
    stopping.signal.addEventListener('abort', () => void watch.end());
  }

  const [sample] = stack.databases.samples;
  const tenant = `${stack.host.url}/api/tenants/${stack.tenantId}`;
  const version = 'api-version=2026-11-01';
  const tokenOf = (client: ClientName): string => {
    const { tenantId, clientId, secret } = stack.registration(client);
    return `$(curl -s --cacert ${stack.certificateFile} ${stack.identity.url}/${tenantId}/oauth2/v2.0/token \\
    -d grant_type=client_credentials -d client_id=${clientId} -d client_secret=${secret} \\
    -d scope=${API_AUDIENCE}/.default | node --print 'JSON.parse(require("node:fs").readFileSync(0)).access_token')`;
  };
  const subscriber = stack.registration('subscriber');
  const subscriberSettings = [
    `SERVICE_BUS_NAMESPACE=${stack.serviceBus.fullyQualifiedNamespace}`,
    `NODE_EXTRA_CA_CERTS=${stack.certificateFile}`,
    `AZURE_AUTHORITY_HOST=${stack.identity.url}`,
    `AZURE_TENANT_ID=${subscriber.tenantId}`,
    `AZURE_CLIENT_ID=${subscriber.clientId}`,
    `AZURE_CLIENT_SECRET=${subscriber.secret}`,
  ].join(' \\\n    ');
  console.log(`
The app answers at ${stack.host.url}/api/health

Tokens of the provider's operator and of its provisioning system, valid for an hour:
  OPERATOR=${tokenOf('operations')}
  TOKEN=${tokenOf('provisioning')}

The operator registers the environment of a customer, whose tenant is ${stack.tenantId}:
  curl -i -X PUT "${tenant}/environments/${sample.environment}?${version}" \\
    -H "Authorization: Bearer $OPERATOR" -H "Content-Type: application/json" \\
    -d '${JSON.stringify(sampleEnvironmentBody(sample))}'

A setup of the sample (the databases and their password are new at each start):
  curl -i -X PUT "${tenant}/migrationSetups/cronus?${version}" \\
    -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
    -d '${JSON.stringify(sampleSetupBody(sample))}'

It then waits for the administrator: read the runtime's key, and register a node with it as the runtime's installer does:
  KEY=$(curl -s -X POST "${tenant}/migrationSetups/cronus/runtime/listKeys?${version}" \\
    -H "Authorization: Bearer $TOKEN" | node --print 'JSON.parse(require("node:fs").readFileSync(0)).authKey1')
  curl --cacert ${stack.certificateFile} ${stack.dataFactory.url}/integrationRuntimeNodes/register \\
    -H "Content-Type: application/json" -d "{\\"authKey\\":\\"$KEY\\",\\"nodeName\\":\\"SQLSERVER01\\"}"

How it goes on:
  curl -s "${tenant}/migrationSetups/cronus?${version}" -H "Authorization: Bearer $TOKEN"

The events, as a downstream service receives them (samples/subscriber.ts):
  ${subscriberSettings} \\
    npm run -s subscribe

Data Factory: ${stack.dataFactory.url}   Service Bus: ${stack.serviceBus.url}
Ctrl-C stops all of it.`);
}

/** Before the build: a stack that runs already would take it up. */
async function requireFreePort(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`Another program listens on port ${port}. Stop it, or choose another port with --port.`, { cause });
  }
  server.close();
  await once(server, 'close');
}
