/** What came of an activity, where it is not simply done: what an operator wants to know of it. */
import { z } from 'zod';
import type { Facts } from '../../shared/telemetry/attributes.ts';
import { nameOf } from '../../shared/telemetry/spans.ts';

/** `retried`: it is tried again. `setupFailed`: it has written that down. The others end its step. */
type Outcome = Pick<Facts, 'outcome' | 'code'>;

const failureSchema = z.object({ code: z.string() });
const answerSchema = z.looseObject({
  stopped: z.string().optional(),
  failed: failureSchema.optional(),
  failure: failureSchema.optional(),
  kind: z.string().optional(),
});
const inputSchema = z.looseObject({
  milestone: z.looseObject({ data: z.looseObject({ failure: failureSchema.optional() }) }).optional(),
});

/** What an activity that has answered says; undefined if it has done its work. */
export function outcomeOf(input: unknown, answer: unknown): Outcome | undefined {
  const { stopped, failed, failure, kind } = answerSchema.safeParse(answer).data ?? {};
  if (stopped !== undefined) return { outcome: 'stopped', code: stopped };
  const code = (failed ?? failure)?.code;
  if (code !== undefined) return { outcome: 'failed', code };
  const told = inputSchema.safeParse(input).data?.milestone?.data.failure;
  if (told !== undefined) return { outcome: 'setupFailed', code: told.code };
  return kind === 'refused' ? { outcome: 'refused' } : undefined;
}

/** What an activity that has thrown says: the host tries it again. */
export function outcomeOfThrown(error: unknown): Outcome {
  return { outcome: 'retried', code: nameOf(error) };
}
