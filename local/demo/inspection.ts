/** What a setup made, as an administrator sees it: with the SDKs, past the app. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import sql from 'mssql';
import type { Sample } from '../stack/databases.ts';
import type { Stack } from '../stack/stack.ts';

/** A data factory in Azure's terms. */
interface FactoryName {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

/** What a factory holds of setups, by name, and how often each pipeline was run. */
export interface FactoryContent {
  readonly pipelines: readonly string[];
  readonly datasets: readonly string[];
  readonly linkedServices: readonly string[];
  readonly runtimes: readonly string[];
  /** Names of the pipelines of all runs. */
  readonly runs: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Lists what is in a factory. */
export async function inspectFactory(
  stack: Stack,
  { subscriptionId, resourceGroup, name }: FactoryName,
): Promise<FactoryContent> {
  const client = new DataFactoryManagementClient(stack.credential('operations'), subscriptionId, {
    endpoint: stack.dataFactory.url,
    credentialScopes: 'https://management.azure.com/.default',
  });
  const [pipelines, datasets, linkedServices, runtimes, runs] = await Promise.all([
    names(client.pipelines.listByFactory(resourceGroup, name)),
    names(client.datasets.listByFactory(resourceGroup, name)),
    names(client.linkedServices.listByFactory(resourceGroup, name)),
    names(client.integrationRuntimes.listByFactory(resourceGroup, name)),
    client.pipelineRuns.queryByFactory(resourceGroup, name, {
      lastUpdatedAfter: new Date(Date.now() - DAY_MS),
      lastUpdatedBefore: new Date(Date.now() + DAY_MS),
    }),
  ]);
  return {
    pipelines,
    datasets,
    linkedServices,
    runtimes,
    runs: runs.value.map(({ pipelineName = '' }) => pipelineName),
  };
}

/** Lists the procedures of one side of a sample, `schema.name`. */
export async function listProcedures(stack: Stack, sample: Sample, side: 'source' | 'destination'): Promise<string[]> {
  const rows = await queryDatabase<{ name: string }>(
    stack,
    sample,
    side,
    "SELECT SCHEMA_NAME([schema_id]) + N'.' + [name] AS [name] FROM sys.procedures ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

/** Runs a query in one of a sample's databases, over TDS. */
export function queryDatabase<Row>(
  stack: Stack,
  sample: Sample,
  side: 'source' | 'destination',
  query: string,
): Promise<Row[]> {
  return inDatabase(stack, sample, side, async (pool) => (await pool.request().query<Row>(query)).recordset);
}

/** Does something with a connection to one of a sample's databases. */
export async function inDatabase<Result>(
  stack: Stack,
  sample: Sample,
  side: 'source' | 'destination',
  work: (pool: sql.ConnectionPool) => Promise<Result>,
): Promise<Result> {
  const { server, database } = sample[side];
  const [host = '', port] = server.split(',');
  const { userName, password } = sample.source;
  const login =
    side === 'source'
      ? { user: userName, password }
      : {
          authentication: {
            type: 'azure-active-directory-access-token' as const,
            options: { token: await databaseToken(stack) },
          },
        };
  const pool = new sql.ConnectionPool({
    server: host,
    port: Number(port),
    database,
    ...login,
    options: { encrypt: true },
  });
  await pool.connect();
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

async function databaseToken(stack: Stack): Promise<string> {
  const token = await stack.credential('operations').getToken('https://database.windows.net/.default');
  if (token === null) throw new Error('There is no token for the database.');
  return token.token;
}

async function names(entities: AsyncIterable<{ readonly name?: string }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of entities) found.push(name ?? '');
  return found;
}
