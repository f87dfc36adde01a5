import { expect, test } from 'vitest';
import { planTables } from '../../../shared/plan/plan.ts';
import type { PlannedTable } from '../../../shared/plan/plan.ts';
import { baseApplication } from '../../support/plan/base-application.ts';

// https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity#limitations-and-workarounds
const LOOKUP_ROWS = 5_000;
const LOOKUP_BYTES = 4 * 1024 * 1024;
// https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-data-factory-limits
const PAYLOAD_BYTES = 896 * 1024;
/** The largest output of an activity: ids with their names. */
const ID_BYTES = '{"controlId":2147483647},'.length;

/** Tables by their group. */
function groupsOf(planned: readonly PlannedTable[], flow: PlannedTable['flow']): PlannedTable[][] {
  const groups = Map.groupBy(
    planned.filter((table) => table.flow === flow),
    ({ groupNumber }) => groupNumber,
  );
  return [...groups.values()];
}

test('a base application of 1,250 tables with names of full length in 2 companies stays below every limit', async () => {
  const { source, destination, context } = baseApplication(2, 1_250);
  const planned = await Array.fromAsync(planTables(source(), destination(), context));
  expect(planned.filter(({ copyMethod }) => copyMethod === 'Delta')).toHaveLength(2_500);
  const [packs, batches] = [groupsOf(planned, 'Small'), groupsOf(planned, 'Large')];
  const { packBytes, packTables, batchTables } = context.limits;
  for (const pack of packs) {
    expect(pack.length).toBeLessThanOrEqual(packTables);
    expect(pack.reduce((total, { byteCount }) => total + byteCount, 0)).toBeLessThanOrEqual(packBytes);
  }
  for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(batchTables);
  // What a ForEach goes through is the output of one Lookup, and is handed on as a payload.
  const longest = Math.max(packs.length, batches.length, ...batches.map(({ length }) => length));
  expect(longest).toBeLessThanOrEqual(LOOKUP_ROWS);
  expect(longest * ID_BYTES).toBeLessThan(Math.min(LOOKUP_BYTES, PAYLOAD_BYTES));
  expect(Math.max(...planned.map(({ columns }) => columns.length))).toBe(200);
}, 30_000);
