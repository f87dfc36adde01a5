/** What Azure's services answer when a thing is missing, not allowed, or somebody else was faster, as values. */
import { isRestError } from '@azure/core-rest-pipeline';
import { z } from 'zod';

/** Answers undefined instead of failing with 404. */
export async function unlessMissing<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Answers false if the thing exists already (409) or has changed since it was read (412), true if it was written. */
export async function unlessConflict(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 409 || status === 412) return false;
    throw error;
  }
}

/** Answers undefined instead of failing with 403. */
export async function unlessForbidden<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (statusOf(error) === 403) return undefined;
    throw error;
  }
}

/** A request that a service refuses however often it is repeated. */
interface Refusal {
  readonly status: number;
  /** In the service's word for it, if it has one. */
  readonly code: string;
}

/** One that takes too long (408) or comes too often (429) may be answered later. */
const PASSING: ReadonlySet<number> = new Set([408, 429]);

/** Answers the refusal instead of failing with what a repetition does not change. */
export async function unlessRefused<T>(request: () => Promise<T>): Promise<T | { readonly refused: Refusal }> {
  try {
    return await request();
  } catch (error) {
    const status = statusOf(error) ?? 0;
    if (status < 400 || status >= 500 || PASSING.has(status)) throw error;
    return { refused: { status, code: isRestError(error) ? (error.code ?? '') : '' } };
  }
}

/** Why Key Vault lets nobody do this, in its word for it; undefined of any other error. */
export function refusalOf(error: unknown): string | undefined {
  if (!isRestError(error) || error.statusCode !== 403) return undefined;
  return refusalSchema.safeParse(error.details).data?.error.innerError.code ?? error.code ?? 'Forbidden';
}

// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
const refusalSchema = z.object({ error: z.object({ innerError: z.object({ code: z.string() }) }) });

/** Whether a service said that it was asked too often. */
export function isThrottled(error: unknown): boolean {
  return statusOf(error) === 429;
}

/** Whether a service said that a thing is not there, or that nobody may have it: what does not change by itself. */
export function isGone(error: unknown): boolean {
  return [403, 404].includes(statusOf(error) ?? 0);
}

function statusOf(error: unknown): number | undefined {
  return isRestError(error) ? error.statusCode : undefined;
}
