import { isRestError } from '@azure/core-rest-pipeline';
import { odata } from '@azure/data-tables';
import type { TableClient, TransactionAction, UpdateMode } from '@azure/data-tables';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { TablesInMemory } from '../../support/tables-in-memory/storage.ts';
import { startTables } from '../../support/tables.ts';
import type { Tables } from '../../support/tables.ts';

/** Each runs some requests on Azurite, which takes milliseconds for each. */
const COURSES = 12;
const MOST_STEPS = 25;

let tables: Tables;

beforeAll(async () => {
  tables = await startTables();
});

/** A table, with the ETags that its rows had, oldest first, so that both stores are asked with their own. */
interface Side {
  readonly client: TableClient;
  readonly etags: Map<string, string[]>;
}

/** A condition: none, any version, the version now, or the one before. */
type Condition = 'none' | 'any' | 'current' | 'stale';

type Step = (side: Side) => Promise<unknown>;

const partitionKey = fc.constantFrom('p', "it's|p");
const rowKey = fc.constantFrom('a', 'b', 'c', 'row-0001', 'row-0002');
const columns = fc.record(
  {
    text: fc.constantFrom('', 'x', "it's", 'Zürich\r\n"', 'x'.repeat(32_768)),
    whole: fc.integer(),
    ratio: fc.constantFrom(0.5, -12.25),
    large: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
    flag: fc.boolean(),
    at: fc.constantFrom(new Date('2026-11-24T10:00:00.000Z'), new Date('2026-11-24T10:00:00.123Z')),
    nothing: fc.constant(null),
  },
  { requiredKeys: [] },
);
const entity = fc.record({ partitionKey, rowKey, columns }).map(({ columns: own, ...keys }) => ({ ...keys, ...own }));
/** What cannot be stored, on a row of its own: which of two reasons is told is not compared. */
const tooLong = { partitionKey: 'p', rowKey: 'long', text: 'x'.repeat(32_769) };
const mode = fc.constantFrom<UpdateMode>('Merge', 'Replace');
const condition = fc.constantFrom<Condition>('none', 'any', 'current', 'stale');

function keyOf({ partitionKey: partition, rowKey: row }: { partitionKey: string; rowKey: string }): string {
  return `${partition}/${row}`;
}

function etagFor({ etags }: Side, key: string, wanted: Condition): { etag?: string } {
  if (wanted === 'none') return {};
  if (wanted === 'any') return { etag: '*' };
  const known = etags.get(key)?.at(wanted === 'current' ? -1 : -2);
  return { etag: known ?? `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"` };
}

/** Remembers the ETag of a row after a change of it. */
async function note({ client, etags }: Side, keys: { partitionKey: string; rowKey: string }): Promise<void> {
  try {
    const { etag } = await client.getEntity(keys.partitionKey, keys.rowKey);
    const known = etags.get(keyOf(keys)) ?? [];
    if (known.at(-1) !== etag) etags.set(keyOf(keys), [...known, etag]);
  } catch (error) {
    if (!isRestError(error) || error.statusCode !== 404) throw error;
  }
}

const refused: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  ({ client }) => client.upsertEntity(tooLong, 'Replace'),
  ({ client }) =>
    client.submitTransaction([
      ['create', { partitionKey: 'p', rowKey: 'c2' }],
      ['create', tooLong],
    ]),
  ({ client }) => client.submitTransaction([1, 2].map(() => ['upsert', { partitionKey: 'p', rowKey: 'a' }])),
);

const single: fc.Arbitrary<Step> = fc.oneof(
  entity.map((row): Step => async (side) => {
    await side.client.createEntity(row);
    await note(side, row);
  }),
  fc.tuple(entity, mode, condition).map(([row, how, wanted]): Step => async (side) => {
    await side.client.updateEntity(row, how, etagFor(side, keyOf(row), wanted));
    await note(side, row);
  }),
  fc.tuple(entity, mode).map(([row, how]): Step => async (side) => {
    await side.client.upsertEntity(row, how);
    await note(side, row);
  }),
  fc.tuple(partitionKey, rowKey, condition).map(([partition, row, wanted]): Step => async (side) => {
    await side.client.deleteEntity(partition, row, etagFor(side, `${partition}/${row}`, wanted));
  }),
);

const operation = fc.tuple(fc.constantFrom('create', 'update', 'upsert', 'delete'), rowKey, columns, mode, condition);
const transaction: fc.Arbitrary<Step> = fc
  .tuple(partitionKey, fc.uniqueArray(operation, { minLength: 1, maxLength: 4, selector: ([, row]) => row }))
  .map(([partition, operations]): Step => async (side) => {
    const actions = operations.map(([kind, row, own, how, wanted]): TransactionAction => {
      const keys = { partitionKey: partition, rowKey: row };
      if (kind === 'create') return ['create', { ...keys, ...own }];
      if (kind === 'update') return ['update', { ...keys, ...own }, how, etagFor(side, keyOf(keys), wanted)];
      if (kind === 'upsert') return ['upsert', { ...keys, ...own }, how];
      return ['delete', keys];
    });
    await side.client.submitTransaction(actions);
    for (const [, row] of operations) await note(side, { partitionKey: partition, rowKey: row });
  });

const filters = [
  odata`PartitionKey eq ${"it's|p"}`,
  odata`PartitionKey eq ${'p'} and RowKey ge ${'row-'} and RowKey lt ${'row-~'}`,
  odata`PartitionKey eq ${'p'} and RowKey ge ${'a'} and flag eq false`,
  odata`PartitionKey eq ${'p'} and at le ${new Date('2026-11-24T10:00:00.100Z')}`,
  odata`whole gt ${0} or not (text eq ${'x'})`,
];
const query = fc.constantFrom(...filters).map(
  (filter): Step =>
    ({ client }) =>
      rowsOf(client, filter),
);

const step = fc.oneof({ weight: 4, arbitrary: single }, { weight: 3, arbitrary: transaction }, query, refused);

async function rowsOf(client: TableClient, filter?: string): Promise<unknown[]> {
  const queryOptions = filter === undefined ? {} : { filter };
  const rows = await Array.fromAsync(client.listEntities({ queryOptions }));
  return rows.map(({ etag: _etag, timestamp: _timestamp, ...row }) => row);
}

/** What a caller sees of a step: what it gave, or status and code with which it was refused. */
async function seen(side: Side, run: Step): Promise<unknown> {
  try {
    return (await run(side)) ?? 'done';
  } catch (error) {
    if (!isRestError(error)) throw error;
    return { status: error.statusCode, code: error.code };
  }
}

async function sideOf(client: TableClient): Promise<Side> {
  await client.createTable();
  return { client, etags: new Map() };
}

test('Table Storage in memory answers as Azurite does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: MOST_STEPS }), async (steps) => {
      const azurite = await sideOf(tables.table());
      const memory = await sideOf(new TablesInMemory({ pageSize: 2 }).client('table'));
      for (const run of steps) expect(await seen(memory, run)).toEqual(await seen(azurite, run));
      expect(await rowsOf(memory.client)).toEqual(await rowsOf(azurite.client));
    }),
    { numRuns: COURSES, endOnFailure: true },
  );
});
