/** Query parameters of a known shape. */
import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { ApiError } from './problem.ts';

/**
 * Reads the parameters of a request.
 * @throws {ApiError} `InvalidQueryParameter`, which names each that is wrong and repeats no value
 */
export function readQuery<Schema extends z.ZodType>({ query }: HttpRequest, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(Object.fromEntries(query));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path: [name = 'Query'], message }) => `${String(name)}: ${message}.`);
  throw new ApiError('InvalidQueryParameter', problems.join(' '));
}

/** Values with commas in between. */
export function listSchema<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(item));
}

/** A date and time as RFC 3339 has it. */
export const dateTimeSchema = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** How much of a list is wanted, and what follows. */
export const pagingSchema = {
  maxpagesize: z.coerce.number().pipe(z.int().min(1).max(100)).default(50),
  /** Of a `nextLink`. */
  continuation: z.string().optional(),
};
const wholePagingSchema = z.object(pagingSchema);
export type Paging = z.infer<typeof wholePagingSchema>;
