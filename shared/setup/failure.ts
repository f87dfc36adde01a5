/** Failures of setups, made in one way. Pure. */
import { clip } from '../clip.ts';
import { setupFailures } from '../errors.ts';
import type { SetupFailure } from './setup.ts';

/** A failure with the remedy of its code; the cause is clipped, so that it can always be stored. */
export function setupFailure(code: keyof typeof setupFailures, cause: string): SetupFailure {
  return { code, cause: clip(cause), remedy: setupFailures[code].remedy };
}
