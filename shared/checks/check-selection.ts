/** Which checks of the catalogue a request wants evaluated. Pure. */
import { z } from 'zod';

const idsSchema = z.array(z.string().min(1).max(20)).min(1).max(100);

/** Ids of the only checks that are wanted, or of those that are not. */
export const checkSelectionSchema = z
  .strictObject({ include: idsSchema.optional(), exclude: idsSchema.optional() })
  .refine(({ include, exclude }) => (include === undefined) !== (exclude === undefined), {
    message: 'must have either include or exclude.',
  });
export type CheckSelection = z.infer<typeof checkSelectionSchema>;

/** Whether a check is wanted. @param selection left out: all are */
export function isWanted(id: string, { include, exclude }: CheckSelection = {}): boolean {
  return include === undefined ? exclude?.includes(id) !== true : include.includes(id);
}
