/** What a timer does to know what the factories carry: it has them counted, unless that goes on already. */
import type { DurableClient } from 'durable-functions';
import { orchestrations } from '../../orchestrators/contract.ts';
import { MEASURING_INSTANCE } from '../../shared/factory/measuring.ts';
import type { BookedFactory } from '../../shared/factory/factory-row.ts';
import type { Services } from '../../shared/services.ts';
import { orchestrationStatus } from '../../shared/setup/start.ts';

/** The one that was counted longest ago is counted first, whatever came of the last time. */
export async function startMeasuring(client: DurableClient, { book, settings }: Services): Promise<void> {
  const { status, ended } = await orchestrationStatus(client, MEASURING_INSTANCE);
  if (status !== 'Missing' && !ended) return;
  const known = await book.readAll(settings.MIGRATION_FACTORIES);
  const ageOf = ({ measuredAt }: BookedFactory) => measuredAt?.getTime() ?? 0;
  const input = {
    factories: known.toSorted((a, b) => ageOf(a) - ageOf(b)).map(({ factory }) => factory),
    offersMetrics: settings.MIGRATION_METRICS_ENDPOINT !== '',
  };
  await client.startNew(orchestrations.measureFactories.name, { instanceId: MEASURING_INSTANCE, input });
}
