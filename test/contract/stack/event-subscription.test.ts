import { afterEach, expect, test, vi } from 'vitest';
import { subscribeToSetup } from '../../../local/demo/event-subscription.ts';
import topology from '../../../local/stack/service-bus-topology.json' with { type: 'json' };
import { ACCEPTED_TOKEN, startTestBus } from '../../support/service-bus.ts';

const MINUTE = 60_000;
const [{ Topics } = { Topics: [] }] = topology.UserConfig.Namespaces;
const credential = { getToken: async () => ({ token: ACCEPTED_TOKEN, expiresOnTimestamp: Date.now() + 60 * MINUTE }) };

afterEach(() => {
  vi.useRealTimers();
});

/** Listens to the setup `tenant.setup`; tells the next event, or why none will come. */
async function listen(namespace: string) {
  const outcome = Promise.withResolvers<string>();
  const subscription = await subscribeToSetup({
    namespace,
    credential,
    tenantId: 'tenant',
    setupId: 'setup',
    receive: async ({ id }) => outcome.resolve(id),
    lost: outcome.reject,
  });
  return { next: outcome.promise, close: () => subscription.close() };
}

const event = {
  id: 'late',
  type: 'com.bcmigration.setup.runtime-online.v1',
  sequence: '4',
  time: '2026-01-01T00:00:00Z',
  data: { setupId: 'setup', state: 'Running', phase: 'RuntimeRegistration' },
};

test('events come also when there was none for an hour', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { bus, clock, client } = await startTestBus({ Topics });
  const waits = vi.spyOn(clock, 'after');
  // For the library the lock is about to end all the time, so that it renews it as often as it can.
  vi.setSystemTime(clock.now() + MINUTE - 1);
  const { next, close } = await listen(bus.fullyQualifiedNamespace);
  const renewals = (): number => waits.mock.calls.filter(([milliseconds]) => milliseconds === MINUTE).length;
  for (let passed = 0; passed < 60; passed += 0.5) {
    await clock.advance(MINUTE / 2);
    vi.setSystemTime(Date.now() + MINUTE / 2);
    const before = renewals();
    while (renewals() === before) await new Promise((resolve) => setImmediate(resolve));
  }
  await client.createSender('setup-events').sendMessages({ body: event, messageId: '1', sessionId: 'tenant.setup' });
  expect(await next).toBe('late');
  await close();
});

test('a subscription that has lost its session says so at once', async () => {
  const { bus, clock } = await startTestBus({ Topics });
  const { next, close } = await listen(bus.fullyQualifiedNamespace);
  await Promise.all([expect(next).rejects.toThrow('The events could not be received.'), clock.advance(2 * MINUTE)]);
  await close();
});
