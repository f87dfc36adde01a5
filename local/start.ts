/** Starts everything and keeps it up until Ctrl-C. */
import { API_AUDIENCE } from './clients.ts';
import { sampleSetupBody } from './sample-setup.ts';
import { startStack } from './stack.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const HOST_PORT = 7071;

const stack = await startStack({ appDirectory: process.cwd(), hostPort: HOST_PORT, log: (line) => console.log(line) });
stopOnSignal(stack, new AbortController());

const { tenantId, clientId, secret } = stack.registration('provisioning');
console.log(`
The app answers at ${stack.host.url}/api/health

A token, valid for an hour:
  TOKEN=$(curl -s --cacert ${stack.certificateFile} ${stack.identity.url}/${tenantId}/oauth2/v2.0/token \\
    -d grant_type=client_credentials -d client_id=${clientId} -d client_secret=${secret} \\
    -d scope=${API_AUDIENCE}/.default | node --print 'JSON.parse(require("node:fs").readFileSync(0)).access_token')

A setup of the sample (the databases and their password are new at each start):
  curl -i -X PUT "${stack.host.url}/api/migrationSetups/cronus?api-version=2026-11-01" \\
    -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
    -d '${JSON.stringify(sampleSetupBody(stack.databases.samples[0]))}'

Data Factory: ${stack.dataFactory.url}   Service Bus: ${stack.serviceBus.url}
Ctrl-C stops all of it.`);
