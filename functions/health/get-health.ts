import { existsSync, readFileSync } from 'node:fs';
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Call } from '../http/adapter.ts';

const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile(), 'utf8')));

/** A store that does not answer at all is as ill as one that refuses. */
const LONGEST_ANSWER_MS = 4_000;

/** `GET health`: whether the service can work on requests, that is whether its state store answers. */
export async function getHealth({ services, context }: Call): Promise<HttpResponseInit> {
  try {
    await services.store.ping(AbortSignal.timeout(LONGEST_ANSWER_MS));
    return { status: 200, jsonBody: { status: 'Healthy', version } };
  } catch (error) {
    context.error('The state store does not answer:', error instanceof Error ? error.message : error);
    return { status: 503, jsonBody: { status: 'Unhealthy', version }, headers: { 'retry-after': '10' } };
  }
}

/** The app's `package.json`: the nearest one above this file, which is deeper in the build than in the sources. */
function packageFile(folder: URL = new URL('.', import.meta.url)): URL {
  const file = new URL('package.json', folder);
  const parent = new URL('..', folder);
  return existsSync(file) || parent.href === folder.href ? file : packageFile(parent);
}
