/** Failures of setups, made in one way. Pure. */
import { z } from 'zod';
import { clip } from '../clip.ts';
import { setupFailures } from '../errors.ts';
import type { SetupFailureCode } from '../errors.ts';
import { redact } from '../redact.ts';
import type { SetupFailure } from './setup.ts';

/** A failure with the remedy of its code; the cause is redacted, and clipped, so that it can always be stored. */
export function setupFailure(code: SetupFailureCode, cause: string): SetupFailure {
  return { code, cause: clip(redact(cause)), remedy: setupFailures[code].remedy };
}

/** A row holds 32 K characters in a property, as JSON with some to spare. */
const CHUNK = 15_000;
const chunkSchema = z.object({ text: z.string() });

/** The whole text behind a failure, in pieces that can be stored. */
export function chunksOf(detail: string): z.infer<typeof chunkSchema>[] {
  const count = Math.ceil(detail.length / CHUNK);
  return Array.from({ length: count }, (_, index) => ({ text: detail.slice(index * CHUNK, (index + 1) * CHUNK) }));
}

/** The text that was stored in pieces; empty if there are none. */
export function detailOf(chunks: readonly unknown[]): string {
  return chunks.map((chunk) => chunkSchema.parse(chunk).text).join('');
}
