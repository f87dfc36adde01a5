/**
 * Assessments: setups that only look. They are stored, fenced and taken back as every setup is, under ids that no setup can
 * have. Pure.
 */
import { z } from 'zod';
import { setupIdSchema } from './setup.ts';
import type { AttemptId } from './setup.ts';

/** Not part of the grammar of setup ids, so that an assessment and a setup of one id are two in every key and name. */
const PREFIX = 'assessment_';

/** The id of a setup, or the one under which an assessment is stored. */
export const storedIdSchema = z.union([setupIdSchema, z.templateLiteral([PREFIX, setupIdSchema])]);

type Stored = Pick<AttemptId, 'setupId'>;

/** The id under which an assessment is stored. */
export function storedAssessmentId(assessmentId: string): string {
  return `${PREFIX}${assessmentId}`;
}

/** Whether what is stored under an id is an assessment. */
export function isAssessment({ setupId }: Stored): boolean {
  return setupId.startsWith(PREFIX);
}

/** The id as its caller chose it, under the name that says what it is one of. */
export function shownId({ setupId }: Stored): { readonly setupId: string } | { readonly assessmentId: string } {
  return isAssessment({ setupId }) ? { assessmentId: setupId.slice(PREFIX.length) } : { setupId };
}

/** A setup or an assessment in a sentence. */
export function titleOf(stored: Stored): string {
  const shown = shownId(stored);
  return 'setupId' in shown ? `Setup ${shown.setupId}` : `Assessment ${shown.assessmentId}`;
}
