/** The catalogues that an assessment wrote down, from which tables are planned. */
import { catalogueBlob } from '../../shared/factory/names.ts';
import { readCatalogue } from '../../shared/plan/catalogue.ts';
import type { CatalogueTable } from '../../shared/plan/catalogue.ts';
import type { Services } from '../../shared/services.ts';

/** The catalogue of a side, as an attempt found it. */
export function catalogueOf(
  { staging }: Services,
  { key, attempt }: { readonly key: string; readonly attempt: number },
  side: 'source' | 'destination',
): AsyncGenerator<CatalogueTable> {
  return readCatalogue(staging.read(key, catalogueBlob(attempt, side)));
}
