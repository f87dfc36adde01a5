/** What reading costs in requests to Table Storage: a setup, and a page of the list of very many. */
import type { TransactionAction } from '@azure/data-tables';
import { INDEX_PARTITION, indexRow, rowKeysOf } from '../../../shared/setup/index-rows.ts';
import { startWorld } from '../../../test/support/world/world.ts';
import type { World } from '../../../test/support/world/world.ts';
import type { Figure } from './figure.ts';

const LISTED = 100_000;
const PAGE = 100;
const TRANSACTION_ROWS = 100;
const SETUP = 'scale-read';
const POINT = /^\/[^?]*\(PartitionKey='[^']*',RowKey='[^']*'\)/;
const ONE_PARTITION = /PartitionKey eq '[^']*' and RowKey g[et] '[^']*' and RowKey l[et] '[^']*'/;

/** Reads one setup, then the first page of a list of a hundred thousand. */
export async function measureReads(): Promise<Figure[]> {
  const world = await startWorld({ samples: ['SqlServer'], size: 'Small' });
  try {
    await world.begin(SETUP, world.endpoints.databases.samples[0]);
    await world.until(SETUP, 'WaitingForRuntime');
    const read = await requestsOf(world, `migrationSetups/${SETUP}`);
    await fillIndex(world);
    const list = await requestsOf(world, 'migrationSetups', { maxpagesize: String(PAGE) });
    const rows = list.map(({ query }) => Number(query.get('$top')));
    return [
      { name: 'requests of a GET of a setup', value: read.length, bound: 2 },
      { name: 'of these not a point read', value: read.filter(({ path }) => !POINT.test(path)).length, bound: 0 },
      { name: `requests of a page of ${PAGE} among ${LISTED} setups`, value: list.length, bound: 1 },
      { name: 'of these not one range of keys', value: list.filter((asked) => !isRange(asked)).length, bound: 0 },
      { name: 'rows that it asks for', value: rows.reduce((sum, count) => sum + count, 0), bound: PAGE + 1 },
    ];
  } finally {
    await world.close();
    await world.endpoints.stop();
  }
}

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
}

async function requestsOf(world: World, path: string, query: Readonly<Record<string, string>> = {}): Promise<Asked[]> {
  const { passed } = world.endpoints.proxies.tables;
  // What the app asks for once in its life.
  await world.call('GET', path, { query });
  passed.length = 0;
  const { status } = await world.call('GET', path, { query });
  if (status !== 200) throw new Error(`${path} was answered ${status}`);
  return passed.map((request) => {
    const { pathname, searchParams } = new URL(request.path, world.tableUrl);
    return { path: decodeURIComponent(pathname), query: searchParams };
  });
}

function isRange({ query }: Asked): boolean {
  return ONE_PARTITION.test(query.get('$filter') ?? '');
}

/** Writes the rows of the tenant's list, newest first: the others are in ranges of their own. */
async function fillIndex(world: World): Promise<void> {
  const head = await world.head(SETUP);
  const index = world.table('setupindex');
  const begun = Date.parse(head.createdAt);
  for (let first = 0; first < LISTED; first += TRANSACTION_ROWS) {
    const actions = Array.from({ length: TRANSACTION_ROWS }, (_, offset): TransactionAction => {
      const createdAt = new Date(begun - (first + offset + 1) * 1_000).toISOString();
      const setup = { ...head, setupId: `listed-${first + offset}`, createdAt };
      const [, , rowKey = ''] = rowKeysOf(setup, 'all');
      return ['create', { partitionKey: INDEX_PARTITION, rowKey, ...indexRow(setup) }];
    });
    await index.submitTransaction(actions);
  }
}
