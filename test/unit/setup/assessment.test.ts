import { expect, test } from 'vitest';
import {
  isAssessment,
  shownId,
  storedAssessmentId,
  storedIdSchema,
  titleOf,
} from '../../../shared/setup/assessment.ts';
import { setupIdSchema } from '../../../shared/setup/setup.ts';

test('an assessment is stored under an id that no setup can have, and shown under its own', () => {
  const setupId = storedAssessmentId('cronus');
  expect(setupIdSchema.safeParse(setupId).success).toBe(false);
  expect([isAssessment({ setupId }), isAssessment({ setupId: 'cronus' })]).toEqual([true, false]);
  expect([shownId({ setupId }), shownId({ setupId: 'cronus' })]).toEqual([
    { assessmentId: 'cronus' },
    { setupId: 'cronus' },
  ]);
  expect([titleOf({ setupId }), titleOf({ setupId: 'cronus' })]).toEqual(['Assessment cronus', 'Setup cronus']);
});

test.each([
  ['cronus', true],
  ['assessment_cronus', true],
  ['assessment_', false],
  ['assessment_Cronus', false],
  ['other_cronus', false],
  ['assessment_assessment_cronus', false],
])('%s is what a run may name: %s', (id, named) => {
  expect(storedIdSchema.safeParse(id).success).toBe(named);
});
