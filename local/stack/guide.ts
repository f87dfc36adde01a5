/** What `npm start` prints: lines to be pasted into a shell, by which everybody who takes part can be played. */
import { sampleEnvironmentBody, sampleSetupBody } from '../demo/sample-setup.ts';
import { API_AUDIENCE } from './clients.ts';
import type { ClientName } from './clients.ts';
import type { DatabaseAddress, Sample } from './databases.ts';
import type { Stack } from './stack.ts';

const VERSION = 'api-version=2026-11-01';

/** The guide to a stack that runs. Holds the secrets of its clients, which live as long as it does. */
export function guideOf(stack: Stack): string {
  const [sample] = stack.databases.samples;
  const { source, destination } = sample;
  const tenant = '$API/tenants/$TENANT';
  const json = '-H "Content-Type: application/json"';
  const operator = '-H "Authorization: Bearer $OPERATOR"';
  const caller = '-H "Authorization: Bearer $TOKEN"';
  return `The app answers at ${stack.host.url}/api/health

Where it is, the tenant of a customer, and tokens of the provider's operator and of its provisioning system, valid for an hour:
  API=${stack.host.url}/api TENANT=${stack.tenantId}
  OPERATOR=${tokenOf(stack, 'operations')}
  TOKEN=${tokenOf(stack, 'provisioning')}

The operator registers the environment of the customer:
  curl -i -X PUT "${tenant}/environments/${sample.environment}?${VERSION}" ${operator} ${json} \\
    -d '${JSON.stringify(sampleEnvironmentBody(sample))}'

A downstream service hears of every setup (samples/subscriber.ts), in a shell of its own:
  ${subscriberSettings(stack)} \\
    npm run -s subscribe

The provisioning system asks for a setup of the sample (the databases and their password are new at each start):
  curl -i -X PUT "${tenant}/migrationSetups/cronus?${VERSION}" ${caller} ${json} \\
    -d '${JSON.stringify(sampleSetupBody(sample))}'

It waits for the administrator, who reads the key of the runtime and registers a node with it, as the installer of the runtime does:
  KEY=$(curl -s -X POST "${tenant}/migrationSetups/cronus/runtime/listKeys?${VERSION}" ${caller} | ${memberOf('authKey1')})
  curl --cacert ${stack.certificateFile} ${stack.dataFactory.url}/integrationRuntimeNodes/register ${json} \\
    -d "{\\"authKey\\":\\"$KEY\\",\\"nodeName\\":\\"SQLSERVER01\\"}"

How it goes on:
  curl -s "${tenant}/migrationSetups/cronus?${VERSION}" ${caller}

Without the service, as a partner does from a laptop, where the one password is that of both logins:
  NODE_EXTRA_CA_CERTS=${stack.certificateFile} BC_SOURCE_PASSWORD=${source.password} BC_DESTINATION_PASSWORD=${source.password} \\
    npx cloud-migration assess --product DynamicsBCLast --source "${placeOf(source, source)}" \\
    --destination "${placeOf(destination, source)}" --html report.html

README.md has what else each of the three asks for, with the same names.
Data Factory: ${stack.dataFactory.url}   Service Bus: ${stack.serviceBus.url}`;
}

function tokenOf(stack: Stack, client: ClientName): string {
  const { tenantId, clientId, secret } = stack.registration(client);
  return `$(curl -s --cacert ${stack.certificateFile} ${stack.identity.url}/${tenantId}/oauth2/v2.0/token \\
    -d grant_type=client_credentials -d client_id=${clientId} -d client_secret=${secret} \\
    -d scope=${API_AUDIENCE}/.default | ${memberOf('access_token')})`;
}

function placeOf({ server, database }: DatabaseAddress, { userName }: Sample['source']): string {
  return `Server=${server};Database=${database};User ID=${userName}`;
}

function memberOf(name: string): string {
  return `node --print 'JSON.parse(require("node:fs").readFileSync(0)).${name}'`;
}

function subscriberSettings(stack: Stack): string {
  const { tenantId, clientId, secret } = stack.registration('subscriber');
  return [
    `SERVICE_BUS_NAMESPACE=${stack.serviceBus.fullyQualifiedNamespace}`,
    `NODE_EXTRA_CA_CERTS=${stack.certificateFile}`,
    `AZURE_AUTHORITY_HOST=${stack.identity.url}`,
    `AZURE_TENANT_ID=${tenantId}`,
    `AZURE_CLIENT_ID=${clientId}`,
    `AZURE_CLIENT_SECRET=${secret}`,
  ].join(' \\\n    ');
}
