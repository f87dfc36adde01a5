import type { HttpResponseInit } from '@azure/functions';
import { checkCatalogue } from '../../shared/checks/catalogue.ts';
import { checkDefinitionSchema } from '../../shared/checks/check.ts';

const definitions = checkCatalogue.map((check) => checkDefinitionSchema.parse(check));

/** `GET checks`: every check of the catalogue, in the order of a report. */
export function listCatalogue(): Promise<HttpResponseInit> {
  return Promise.resolve({ status: 200, jsonBody: { value: definitions } });
}
