/** What of a source is migrated, in bodies of requests. */
import { z } from 'zod';
import { selectionFault, selectionSchema } from '../../shared/plan/selection.ts';
import type { Selection } from '../../shared/plan/selection.ts';
import { fieldError, invalidFields } from '../http/problem.ts';
import { present } from '../http/members.ts';

const { companies, tableMappings } = selectionSchema.shape;

/** Changes of a selection: what is left out stays, and null takes the limit away. */
export const selectionChangeSchema = z.strictObject({
  companies: companies.unwrap().nullable().optional(),
  tableMappings: tableMappings.unwrap().nullable().optional(),
});

/** The selection after a change. @throws {ApiError} `InvalidRequestBody` if it is too large */
export function changedSelection(before: Selection, change: z.infer<typeof selectionChangeSchema>): Selection {
  const changed = <Value>(old: Value | undefined, given: Value | null | undefined) =>
    given === undefined ? old : (given ?? undefined);
  return storableSelection({
    companies: changed(before.companies, change.companies),
    tableMappings: changed(before.tableMappings, change.tableMappings),
  });
}

/** The selection in the form in which it is stored. @throws {ApiError} `InvalidRequestBody` if it is too large */
export function storableSelection(given: Selection): Selection {
  const unique = given.companies === undefined ? undefined : [...new Set(given.companies)];
  const selection = present({ companies: unique, tableMappings: given.tableMappings });
  const fault = selectionFault(selection);
  if (fault !== undefined) throw invalidFields([fieldError('/tableMappings', 'InvalidValue', fault)]);
  return selection;
}
