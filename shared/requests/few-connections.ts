/** How many connections a host keeps to a service. */
import { Agent } from 'node:https';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** To each service. What Table Storage answers in 5 ms over so many is more than one process can ask. */
export const MAXIMUM_CONNECTIONS = 16;

// But for their number as the agent that Node has by default.
const agent = new Agent({ keepAlive: true, timeout: 5_000, maxSockets: MAXIMUM_CONNECTIONS });

/**
 * Has requests share connections. A burst that opens one for each request spends more on handshakes than on requests, and in Azure
 * uses up the ports of its address.
 */
export const fewConnections: PipelinePolicy = {
  name: 'fewConnections',
  sendRequest(request, next) {
    // The identity of a function app is asked without TLS.
    // One that is there already leads to a proxy.
    if (request.url.startsWith('https:')) request.agent ??= agent;
    return next(request);
  },
};
