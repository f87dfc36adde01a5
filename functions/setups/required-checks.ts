import type { CheckSelection } from '../../shared/checks/check-selection.ts';
import { blockersLeftOut, unknownChecks } from '../../shared/checks/known-checks.ts';
import { isAssessment } from '../../shared/setup/assessment.ts';
import type { SetupKey } from '../../shared/setup/rows.ts';
import { fieldError, invalidFields } from '../http/problem.ts';

/**
 * A setup changes what its checks have looked at, so that it leaves out none that would stop it; an assessment may.
 * @throws {ApiError} `InvalidRequestBody` for ids that no check has, and for a setup without checks that block
 */
export function requireKnownChecks(subject: Pick<SetupKey, 'setupId'>, selection: CheckSelection | undefined): void {
  if (selection === undefined) return;
  const unknown = unknownChecks(selection).map(({ list, index, nearest }) =>
    fieldError(
      `/checkSelection/${list}/${index}`,
      'UnknownCheck',
      `is no check; the nearest are ${nearest.join(', ')}.`,
    ),
  );
  if (unknown.length > 0) throw invalidFields(unknown);
  const blockers = isAssessment(subject) ? [] : blockersLeftOut(selection);
  if (blockers.length === 0) return;
  const detail = `leaves out checks that block, which a setup needs: ${blockers.join(', ')}.`;
  throw invalidFields([fieldError('/checkSelection', 'RequiredCheck', detail)]);
}
