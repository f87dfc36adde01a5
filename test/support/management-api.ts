/** The management API of the Durable extension, as an operator uses it. */
import { z } from 'zod';
import type { FunctionsHostProcess } from '../../local/stack/functions-host.ts';

type Host = Pick<FunctionsHostProcess, 'managementUrl'>;

const instancesSchema = z.array(z.object({ instanceId: z.string() }));

/** Every instance with all that the API shows of it, as JSON texts. */
export async function readHistories(host: Host): Promise<string[]> {
  const options = { showInput: 'true', showHistory: 'true', showHistoryOutput: 'true' };
  const ids = await instanceIds(host);
  return Promise.all(
    ids.map(async (id) => (await call(host.managementUrl(`instances/${encodeURIComponent(id)}`, options))).text()),
  );
}

async function instanceIds(host: Host): Promise<string[]> {
  const ids: string[] = [];
  for (let token: string | undefined; token !== '';) {
    const headers: Record<string, string> = token === undefined ? {} : { 'x-ms-continuation-token': token };
    const page = await call(host.managementUrl('instances'), { headers });
    ids.push(...instancesSchema.parse(await page.json()).map(({ instanceId }) => instanceId));
    token = page.headers.get('x-ms-continuation-token') ?? '';
  }
  return ids;
}

async function call(url: URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`GET ${url.pathname} was answered ${response.status}.`);
  return response;
}
