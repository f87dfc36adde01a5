/** Whether a setup has the catalogues of the assessment that it names. Pure. */
import { z } from 'zod';

const readAnewSchema = z.object({ takenOver: z.literal(false), reason: z.string() });
export type ReadAnew = z.infer<typeof readAnewSchema>;

/** Of which attempt of the assessment they are and when it had measured, or why they were read anew. */
export const takenCataloguesSchema = z.discriminatedUnion('takenOver', [
  z.object({ takenOver: z.literal(true), attempt: z.int(), at: z.iso.datetime() }),
  readAnewSchema,
]);
export type TakenCatalogues = z.infer<typeof takenCataloguesSchema>;

export function readAnew(reason: string): ReadAnew {
  return { takenOver: false, reason };
}
