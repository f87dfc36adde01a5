/** What a timer does to know what the factories carry: it has them counted, unless that goes on already. */
import type { DurableClient } from 'durable-functions';
import { MEASURING_INSTANCE } from '../../shared/factory/measuring.ts';
import type { Services } from '../../shared/services.ts';
import { orchestrationStatus } from '../../shared/setup/start.ts';

export async function startMeasuring(client: DurableClient, { settings }: Services): Promise<void> {
  const { status, ended } = await orchestrationStatus(client, MEASURING_INSTANCE);
  if (status !== 'Missing' && !ended) return;
  const input = { factories: settings.MIGRATION_FACTORIES };
  await client.startNew('measureFactories', { instanceId: MEASURING_INSTANCE, input });
}
