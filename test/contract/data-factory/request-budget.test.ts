/** The requests of a host to Resource Manager, by the official client with the policy of the product. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../local/endpoint/clock.ts';
import { systemClock } from '../../../shared/clock.ts';
import { withinBudget } from '../../../shared/requests/resource-manager-budget.ts';
import { sharedIdentity } from '../../support/shared-endpoints.ts';
import { startUnreliableProxy } from '../../support/world/unreliable-proxy.ts';
import type { UnreliableProxy } from '../../support/world/unreliable-proxy.ts';
import { followClock, realDate } from '../../support/world/virtual-date.ts';
import type { DataFactoryFixture } from '../fixtures/data-factory.ts';
import { FACTORY, GROUP, startDataFactoryFixture, SUBSCRIPTION } from '../fixtures/data-factory.ts';

const READS = 'x-ms-ratelimit-remaining-subscription-reads';
const GLOBAL_READS = 'x-ms-ratelimit-remaining-subscription-global-reads';

let fixture: DataFactoryFixture;
let proxy: UnreliableProxy;
let clock: VirtualClock;
let time: Disposable;
let client: DataFactoryManagementClient;

beforeAll(async () => {
  fixture = await startDataFactoryFixture();
  const { tls } = await sharedIdentity();
  proxy = await startUnreliableProxy(tls, () => fixture.dataFactory.url);
  clock = new VirtualClock(realDate.now());
  time = followClock(clock);
});
afterAll(async () => {
  time[Symbol.dispose]();
  await Promise.all([proxy.stop(), fixture.stop()]);
});
beforeEach(() => {
  client = clientOf(SUBSCRIPTION);
  proxy.decide = () => undefined;
  proxy.passed.length = 0;
});

function clientOf(subscriptionId: string): DataFactoryManagementClient {
  const getToken = async () => ({
    token: await fixture.identity.getToken('https://management.azure.com'),
    expiresOnTimestamp: Date.now() + 3_600_000,
  });
  return new DataFactoryManagementClient({ getToken }, subscriptionId, {
    endpoint: proxy.url,
    retryOptions: { maxRetries: 0 },
    additionalPolicies: [{ policy: withinBudget(subscriptionId, systemClock), position: 'perRetry' }],
  });
}

const get = () => client.factories.get(GROUP, FACTORY);

/** Has the next request answered so, in place of the service. */
function answerNext(status: number, headers: Readonly<Record<string, string>>): void {
  proxy.decide = () => {
    proxy.decide = () => undefined;
    return { when: 'before', answer: { status, headers } };
  };
}

describe('when the service refuses a read and says for how long', () => {
  beforeEach(async () => {
    answerNext(429, { 'retry-after': '30' });
    await Promise.allSettled([get()]);
  });

  test('no read is sent before that, whoever asks, and each fails as if it had been refused', async () => {
    const until = new Date(clock.now() + 30_000).toISOString();
    const asked = [
      ...Array.from({ length: 20 }, get),
      client.integrationRuntimes.getStatus(GROUP, FACTORY, 'shir-x'),
      client.pipelineRuns.queryByFactory(GROUP, FACTORY, {
        lastUpdatedAfter: new Date(0),
        lastUpdatedBefore: new Date(),
      }),
      client.integrationRuntimes.listAuthKeys(GROUP, FACTORY, 'shir-x'),
    ];
    for (const answer of await Promise.allSettled(asked)) {
      const reason: unknown = answer.status === 'rejected' ? answer.reason : answer;
      expect(reason).toMatchObject({
        statusCode: 429,
        code: 'TooManyRequests',
        message: `Azure Resource Manager takes no reads for subscription ${SUBSCRIPTION} now: about 0 of 250 are left. It may be asked again at ${until}.`,
      });
      expect((reason as { response: Response }).response.headers.get('retry-after')).toBe('30');
    }
    expect(proxy.passed).toEqual([]);
  });

  test('a read that comes shortly before the end waits for it, and opens the way for the others', async () => {
    await clock.advance(26_000);
    expect(await get()).toMatchObject({ name: FACTORY });
    await clock.advance(4_000);
    await Promise.all(Array.from({ length: 20 }, get));
    expect(proxy.passed).toHaveLength(21);
  });

  test('writes and deletes go on', async () => {
    await client.pipelines.createOrUpdate(GROUP, FACTORY, 'going_on', {});
    await client.pipelines.delete(GROUP, FACTORY, 'going_on');
    expect(proxy.passed.map(({ method, status }) => [method, status])).toEqual([
      ['PUT', 200],
      ['DELETE', 200],
    ]);
  });

  test('another subscription is asked', async () => {
    const other = clientOf('00000000-0000-4000-8000-000000000002');
    await expect(other.factories.get(GROUP, FACTORY)).rejects.toMatchObject({ statusCode: 404 });
    expect(proxy.passed).toHaveLength(1);
  });
});

describe('before anything is refused', () => {
  test('requests go out at once while there is plenty', async () => {
    await Promise.all(Array.from({ length: 50 }, get));
    expect(proxy.passed).toHaveLength(50);
  });

  test.each([
    ['none is left', { [READS]: '0' }],
    ['fewer than fifteen are left to all principals together', { [READS]: '249', [GLOBAL_READS]: '14' }],
  ])('and %s, as many wait as may be sent in some seconds, and the others fail', async (_when, headers) => {
    answerNext(404, headers);
    await expect(get()).rejects.toMatchObject({ statusCode: 404 });
    const answers = await Promise.allSettled(Array.from({ length: 110 }, get));
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []));
    expect(failures).toHaveLength(9);
    expect(new Set(failures)).toEqual(new Set([expect.stringContaining('now: about 0 of 250 are left') as unknown]));
    expect(proxy.passed).toHaveLength(101);
  });

  test('what is not answered at all is no reason to wait', async () => {
    proxy.decide = () => ({ when: 'before', answer: 'cut' });
    await expect(get()).rejects.toMatchObject({ name: 'RestError' });
    proxy.decide = () => undefined;
    expect(await get()).toMatchObject({ name: FACTORY });
  });
});
