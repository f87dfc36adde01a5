import type { HttpResponseInit } from '@azure/functions';
import type { BookedFactory } from '../../shared/factory/factory-row.ts';
import { quotasOf, quotaWarnings } from '../../shared/factory/quotas.ts';
import type { KnownCall } from '../http/adapter.ts';

/** `GET /factories`: what the service knows of its factories, in the order of the setting. Nobody is asked for it. */
export async function listFactories({ services }: KnownCall): Promise<HttpResponseInit> {
  const { book, settings } = services;
  const known = await book.readAll(settings.MIGRATION_FACTORIES);
  return { status: 200, jsonBody: { value: known.map(factoryResource) } };
}

function factoryResource(known: BookedFactory) {
  const { factory, reservations, silence, measuredAt, countedAt, readingAt } = known;
  return {
    ...factory,
    state: stateOf(known),
    silence,
    measuredAt: measuredAt?.toISOString(),
    entitiesCountedAt: countedAt?.toISOString(),
    entitiesCountedBy: countedAt && (countedAt.getTime() === readingAt?.getTime() ? 'Metric' : 'Lists'),
    reservations,
    ...quotasOf(known),
    warnings: quotaWarnings(known),
  };
}

function stateOf({ silence, measuredAt }: BookedFactory): 'Silent' | 'NotMeasured' | 'Available' {
  if (silence !== undefined) return 'Silent';
  return measuredAt === undefined ? 'NotMeasured' : 'Available';
}
