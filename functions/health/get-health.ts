import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { messageOf } from '../../shared/error-message.ts';
import type { Services } from '../../shared/services.ts';
import type { Call } from '../http/adapter.ts';

const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile(), 'utf8')));

/** A store that does not answer at all is as ill as one that refuses. */
const LONGEST_ANSWER_MS = 4_000;

/** `GET health`: whether the service can work on requests, that is whether its state store answers. */
export async function getHealth({ services, context }: Call): Promise<HttpResponseInit> {
  const problem = await problemOf(services.store);
  if (problem === undefined) {
    return { status: 200, jsonBody: { status: 'Healthy', version, dependencies: { stateStore: 'Healthy' } } };
  }
  context.error('The state store does not answer:', problem);
  const body = { status: 'Unhealthy', version, dependencies: { stateStore: 'Unhealthy' } };
  return { status: 503, jsonBody: body, headers: { 'retry-after': '10' } };
}

/** Why the state store does not answer; undefined if it does. */
function problemOf(store: Services['store']): Promise<string | undefined> {
  const answer = store.ping().then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
  const silence = once(AbortSignal.timeout(LONGEST_ANSWER_MS), 'abort');
  return Promise.race([answer, silence.then(() => `no answer within ${LONGEST_ANSWER_MS} ms`)]);
}

/** The app's `package.json`: the nearest one above this file, which is deeper in the build than in the sources. */
function packageFile(folder: URL = new URL('.', import.meta.url)): URL {
  const file = new URL('package.json', folder);
  const parent = new URL('..', folder);
  return existsSync(file) || parent.href === folder.href ? file : packageFile(parent);
}
