/** The catalogues that an assessment wrote down, from which tables are planned. */
import { catalogueBlob } from '../../shared/factory/names.ts';
import { readCatalogue } from '../../shared/plan/catalogue.ts';
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import type { Services } from '../../shared/services.ts';
import type { SetupRecord } from '../../shared/setup/head.ts';

/** The catalogue of a side, as an attempt found it. */
export function catalogueOf(
  { staging }: Services,
  { key, attempt, destination }: Pick<SetupRecord, 'key' | 'attempt' | 'destination'>,
  side: 'source' | 'destination',
): AsyncGenerator<CatalogueTable> {
  return readCatalogue(staging.read(destination.region, key, catalogueBlob(attempt, side)));
}
