import { z } from 'zod';

/** A node of a self-hosted integration runtime, as the machine on which it is installed sees it. */
export interface RuntimeNode {
  /** Takes the node offline, as stopping its Windows service does. */
  stop(): Promise<void>;
  /** Brings a stopped node online again. */
  start(): Promise<void>;
  /** Lets its version expire: it is offline, and stays so. */
  expire(): Promise<void>;
}

async function post(url: string, body: Readonly<Record<string, string>>): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`The integration runtime node was refused: ${await response.text()}`);
  return response.json();
}

/**
 * Registers a node, which is then online: what an administrator does by installing the integration runtime and
 * entering its key. `url` is the local Data Factory's. Rejects when the key is invalid or four nodes are registered.
 */
export async function registerRuntimeNode(
  url: string,
  registration: { readonly authKey: string; readonly nodeName: string },
): Promise<RuntimeNode> {
  const { authKey, nodeName } = registration;
  const answer = await post(`${url}/integrationRuntimeNodes/register`, { authKey, nodeName });
  const { nodeId } = z.object({ nodeId: z.string() }).parse(answer);
  const tell = async (action: string) => {
    await post(`${url}/integrationRuntimeNodes/${action}`, { nodeId });
  };
  return { stop: () => tell('stop'), start: () => tell('start'), expire: () => tell('expire') };
}
