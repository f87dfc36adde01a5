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
