import { expect, test } from 'vitest';
import { setupsAtWork } from '../../../orchestrators/activities/setups-at-work.ts';
import { storedAssessmentId } from '../../../shared/setup/assessment.ts';
import { newSetupTable, recorded } from '../../support/setup/setup-table.ts';
import { audit, course, milestone, newSetup } from '../../support/setup/stored-setup.ts';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';

test('of the users of a runtime, those that failed, only looked or are gone do nothing with it', async () => {
  const { store } = newSetupTable({ table: () => new TablesInMemory().client('rows') });
  const { tenantId } = newSetup;
  const looked = storedAssessmentId('looked');
  for (const setupId of ['running', 'failed', looked]) {
    const attempt = { tenantId, setupId, attempt: 1 };
    await store.create({ ...newSetup, setupId }, audit);
    await store.open(attempt, 'a run');
    for (const step of course.slice(0, 4)) recorded(await store.record(attempt, step));
    if (setupId === 'running') continue;
    recorded(await store.beginUndo(attempt));
    recorded(await store.record(attempt, milestone(setupId === looked ? 'completed' : 'failed')));
  }
  expect(await setupsAtWork(store, tenantId, ['running', 'failed', looked, 'never-there'])).toBe(1);
});
