/** The sample's servers as a process of their own, as in the local stack: prints where they are, and with which password. */
import { startLocalServers } from '../../../test/support/sample-servers.ts';

const servers = await startLocalServers();
const { password, certificate } = servers;
const ports = { onprem: servers.portOf('onprem'), online: servers.portOf('online') };
console.log(`servers: ${JSON.stringify({ password, certificate, ...ports })}`);
