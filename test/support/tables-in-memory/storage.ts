/**
 * Table Storage in memory, at the wire of the official client: what a test of thousands of schedules can afford. It knows
 * what the product uses and refuses the rest; test/contract/state/tables-in-memory.test.ts compares it with Azurite.
 */
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type { HttpClient, PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { TableClient } from '@azure/data-tables';
import { formatBatch, parseBatch } from './batch.ts';
import type { Operation, OperationResult } from './batch.ts';
import { columnsOf, documentOf, merged } from './entity.ts';
import type { Columns, StoredRow } from './entity.ts';
import { OperationFault, TableFault } from './fault.ts';
import { parseFilter } from './filter.ts';

const ENDPOINT = 'https://tables.example.com';
/** What of the official client makes requests and reads answers. The rest serves networks, and costs a third of a request. */
const wirePolicies = new Set(['serializationPolicy', 'deserializationPolicy', 'multipartPolicy']);
const MOST_OPERATIONS = 100;

export interface TablesInMemoryOptions {
  /** Rows of an answer to a query; the rest comes with continuation. */
  readonly pageSize?: number;
  /** Brings each request about; a test may let requests wait for each other. */
  readonly gate?: <Answer>(step: string, send: () => Answer) => Promise<Answer>;
  /** Sees each change of a row, in the transaction's order, once the whole transaction is done. */
  readonly onChange?: (table: string, before: StoredRow | undefined, after: StoredRow | undefined) => void;
  /** Has every condition of a table hold, as if nobody asked for it. For tests that must find that. */
  readonly ignoresConditionsOf?: string | undefined;
}

/** By partition and row key: a query of one partition looks at no other. */
type Table = Map<string, Map<string, StoredRow>>;

interface Change {
  readonly keys: Keys;
  readonly before: StoredRow | undefined;
  readonly after: StoredRow | undefined;
}

export class TablesInMemory implements HttpClient {
  readonly #options: TablesInMemoryOptions;
  readonly #tables = new Map<string, Table>();
  #version = 0;

  constructor(options: TablesInMemoryOptions = {}) {
    this.#options = options;
  }

  /** A client of a table. */
  client(name: string): TableClient {
    const client = new TableClient(ENDPOINT, name, { httpClient: this });
    for (const policy of client.pipeline.getOrderedPolicies()) {
      if (!wirePolicies.has(policy.name)) client.pipeline.removePolicy({ name: policy.name });
    }
    return client;
  }

  /** A client of a table of a new name; `policy` sees each of its calls first. */
  table(policy?: PipelinePolicy): TableClient {
    const client = this.client(`t${crypto.randomUUID().replaceAll('-', '')}`);
    if (policy !== undefined) client.pipeline.addPolicy(policy);
    return client;
  }

  /** The rows of a table, in the order of their keys. */
  rows(table: string): StoredRow[] {
    return sorted(this.#tables.get(table) ?? new Map());
  }

  /** Remembers all rows. @returns what brings them back, as often as wanted */
  keep(): () => void {
    const kept = [...this.#tables].map(([name, table]) => [name, copied(table)] as const);
    return () => {
      for (const [name, table] of kept) this.#tables.set(name, copied(table));
    };
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    const { gate = (_step, send) => Promise.resolve(send()) } = this.#options;
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
    return gate(`${request.method} ${path}`, () => this.#answer(request, path));
  }

  #answer(request: PipelineRequest, path: string): PipelineResponse {
    try {
      return this.#route(request, path);
    } catch (error) {
      const fault = error instanceof OperationFault ? error.fault : error;
      if (fault instanceof TableFault) return answer(request, fault.status, fault.body());
      throw error;
    }
  }

  #route(request: PipelineRequest, path: string): PipelineResponse {
    const body = typeof request.body === 'string' ? request.body : '';
    if (path === 'Tables') return this.#create(request, (JSON.parse(body) as { TableName: string }).TableName);
    if (path === '$batch') return this.#submit(request, parseBatch(body));
    const { name, keys } = addressOf(path);
    if (request.method === 'GET') {
      return keys === undefined ? this.#query(request, name) : this.#get(request, name, keys);
    }
    const ifMatch = request.headers.get('if-match');
    const [result] = this.#change([{ method: request.method, url: request.url, ifMatch, body }]);
    return answer(request, result?.status ?? 500, '', { etag: result?.etag ?? '' });
  }

  #create(request: PipelineRequest, name: string): PipelineResponse {
    if (this.#tables.has(name)) throw new TableFault(409, 'TableAlreadyExists');
    this.#tables.set(name, new Map());
    return answer(request, 204);
  }

  #get(request: PipelineRequest, name: string, keys: Keys): PipelineResponse {
    const row = rowOf(this.#table(name), keys);
    if (row === undefined) throw new TableFault(404, 'ResourceNotFound');
    return answer(request, 200, JSON.stringify(documentOf(row)), { etag: row.etag });
  }

  #query(request: PipelineRequest, name: string): PipelineResponse {
    const parameters = new URL(request.url).searchParams;
    const wanted = parameters.get('$filter');
    const filter = wanted === null ? () => true : parseFilter(wanted);
    const from = keyOf([parameters.get('NextPartitionKey') ?? '', parameters.get('NextRowKey') ?? '']);
    const { pageSize = 1_000 } = this.#options;
    const top = Math.min(Number(parameters.get('$top') ?? pageSize), pageSize);
    const found = sorted(this.#table(name), partitionOf(wanted)).filter(
      (row) => keyOf([row.partitionKey, row.rowKey]) >= from && filter(row),
    );
    const next = found[top];
    const value = found.slice(0, top).map(documentOf);
    const continuation: Record<string, string> =
      next === undefined
        ? {}
        : {
            'x-ms-continuation-nextpartitionkey': next.partitionKey,
            'x-ms-continuation-nextrowkey': next.rowKey,
          };
    return answer(request, 200, JSON.stringify({ value }), continuation);
  }

  /** All or nothing. The answer to one that failed is a success that holds the failure of one operation. */
  #submit(request: PipelineRequest, operations: readonly Operation[]): PipelineResponse {
    const headers = { 'content-type': 'multipart/mixed; boundary=batchresponse_1' };
    try {
      return answer(request, 202, formatBatch(this.#change(operations)), headers);
    } catch (error) {
      if (!(error instanceof OperationFault)) throw error;
      const { fault, index } = error;
      return answer(request, 202, formatBatch([{ status: fault.status, body: fault.body(index) }]), headers);
    }
  }

  #change(operations: readonly Operation[]): OperationResult[] {
    const [first] = operations;
    if (first === undefined || operations.length > MOST_OPERATIONS) throw new TableFault(400, 'InvalidInput');
    const { name } = addressOf(pathOf(first.url));
    const table = this.#table(name);
    const keys = operations.map(keyOfOperation);
    const again = keys.findIndex((key, index) => keys.indexOf(key) < index);
    if (again >= 0) throw new OperationFault(new TableFault(400, 'InvalidDuplicateRow'), again);
    const changes = operations.map((operation, index): Change => {
      try {
        return this.#changeOf(table, name, operation);
      } catch (error) {
        throw error instanceof TableFault ? new OperationFault(error, index) : error;
      }
    });
    for (const { keys: changed, after } of changes) put(table, changed, after);
    for (const { before, after } of changes) this.#options.onChange?.(name, before, after);
    return changes.map(({ after }) => ({ status: 204, etag: after?.etag }));
  }

  #changeOf(table: Table, name: string, { method, url, ifMatch, body }: Operation): Change {
    const sent = bodyOf(body);
    const changed = keysOf(url, sent);
    const [partitionKey, rowKey] = changed;
    const before = rowOf(table, changed);
    this.#requireCondition(name, before, method, ifMatch);
    if (method === 'DELETE') return { keys: changed, before, after: undefined };
    const columns = columnsOf(sent);
    const isMerge = (method === 'PATCH' || method === 'MERGE') && before !== undefined;
    this.#version += 1;
    // A time of its own for each version, as the service has it: the time is the version.
    const timestamp = new Date(Date.UTC(2026, 0, 1) + this.#version).toISOString();
    const etag = `W/"datetime'${encodeURIComponent(timestamp)}'"`;
    const after = {
      partitionKey,
      rowKey,
      etag,
      timestamp,
      columns: isMerge ? merged(before.columns, columns) : columns,
    };
    return { keys: changed, before, after };
  }

  #requireCondition(name: string, before: StoredRow | undefined, method: string, ifMatch: string | undefined): void {
    if (method === 'POST') {
      if (before !== undefined) throw new TableFault(409, 'EntityAlreadyExists');
      return;
    }
    if (ifMatch === undefined) {
      if (method === 'DELETE') throw new TableFault(400, 'MissingRequiredHeader');
      return;
    }
    if (before === undefined) throw new TableFault(404, 'ResourceNotFound');
    if (ifMatch === '*' || ifMatch === before.etag || this.#options.ignoresConditionsOf === name) return;
    throw new TableFault(412, 'UpdateConditionNotSatisfied');
  }

  #table(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined) throw new TableFault(404, 'TableNotFound');
    return table;
  }
}

/** The table that a path names, and the row if it names one: `setups(PartitionKey='a',RowKey='b')`. */
function addressOf(path: string): { readonly name: string; readonly keys: Keys | undefined } {
  const [, name = ''] = /^(\w+)/.exec(path) ?? [];
  const [, partitionKey, rowKey] = /\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)/.exec(path) ?? [];
  const named = partitionKey !== undefined && rowKey !== undefined;
  return { name, keys: named ? [partitionKey.replaceAll("''", "'"), rowKey.replaceAll("''", "'")] : undefined };
}

/** The row that an operation changes: an insertion has its keys in the body. */
function keysOf(url: string, sent: Columns): Keys {
  return addressOf(pathOf(url)).keys ?? [String(sent['PartitionKey']), String(sent['RowKey'])];
}

function keyOfOperation({ url, body }: Operation): string {
  return keyOf(keysOf(url, bodyOf(body)));
}

function bodyOf(body: string | undefined): Columns {
  return (body === undefined || body === '' ? {} : JSON.parse(body)) as Columns;
}

function pathOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

type Keys = readonly [partitionKey: string, rowKey: string];

/** Sorts as partition and row do: no key of ours holds this character. */
function keyOf([partitionKey, rowKey]: Keys): string {
  return `${partitionKey}\u0000${rowKey}`;
}

function rowOf(table: Table, [partitionKey, rowKey]: Keys): StoredRow | undefined {
  return table.get(partitionKey)?.get(rowKey);
}

function put(table: Table, [partitionKey, rowKey]: Keys, row: StoredRow | undefined): void {
  const rows = table.get(partitionKey) ?? new Map<string, StoredRow>();
  if (row === undefined) rows.delete(rowKey);
  else rows.set(rowKey, row);
  table.set(partitionKey, rows);
}

function copied(table: Table): Table {
  return new Map([...table].map(([partition, rows]) => [partition, new Map(rows)]));
}

/** The partition to which a filter keeps, if it begins with it, as those of the product do. */
function partitionOf(filter: string | null): string | undefined {
  return /^PartitionKey eq '((?:[^']|'')*)' and /.exec(filter ?? '')?.[1]?.replaceAll("''", "'");
}

/** The rows of a table, or of one partition, in the order of their keys. */
function sorted(table: Table, partition?: string): StoredRow[] {
  const inOrder = <Value>(map: ReadonlyMap<string, Value>) =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  const partitions = partition === undefined ? inOrder(table) : [table.get(partition) ?? new Map<string, StoredRow>()];
  return partitions.flatMap(inOrder);
}

function answer(
  request: PipelineRequest,
  status: number,
  bodyAsText = '',
  headers: Record<string, string> = {},
): PipelineResponse {
  return {
    request,
    status,
    headers: createHttpHeaders({ 'content-type': 'application/json', ...headers }),
    bodyAsText,
  };
}
