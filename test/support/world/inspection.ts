/** What is in a world's factories, vault, tables and databases, past the app. */
import { TableServiceClient } from '@azure/data-tables';
import type { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';
import { BlobServiceClient } from '@azure/storage-blob';
import sql from 'mssql';
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import type { Sample } from '../../../local/stack/databases.ts';
import { factories } from './endpoints.ts';
import type { Endpoints } from './endpoints.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A pipeline run of a factory. */
export interface Run {
  readonly pipeline: string;
  readonly operationId: string;
  readonly stage: string;
  readonly status: string;
}

const WINDOW = { lastUpdatedAfter: new Date(0), lastUpdatedBefore: new Date('2100-01-01T00:00:00Z') };

/** What is looked into. */
interface Inspected {
  readonly endpoints: Endpoints;
  readonly credential: TokenCredential;
  readonly tableUrl: string;
  table(name: string): TableClient;
}

export class Inspection {
  readonly #world: Inspected;
  readonly #pools = new Map<string, Promise<sql.ConnectionPool>>();

  constructor(world: Inspected) {
    this.#world = world;
  }

  /** Names of all entities as `factory/kind/name`, and of the containers for what they copy. */
  async entities(): Promise<string[]> {
    const found: string[] = [];
    for (const { subscriptionId, resourceGroup, name: factory } of factories) {
      const client = this.#resourceManager(subscriptionId);
      for (const kind of ['pipelines', 'datasets', 'linkedServices', 'integrationRuntimes'] as const) {
        for await (const { name = '' } of client[kind].listByFactory(resourceGroup, factory)) {
          found.push(`${factory}/${kind}/${name}`);
        }
      }
    }
    const { storage } = this.#world.endpoints;
    const containers = new BlobServiceClient(storage.blobUrl, this.#world.credential).listContainers();
    for await (const { name } of containers) found.push(`staging/containers/${name}`);
    return found.sort();
  }

  /** All runs of all factories. */
  async runs(): Promise<Run[]> {
    const found: Run[] = [];
    for (const { subscriptionId, resourceGroup, name } of factories) {
      const client = this.#resourceManager(subscriptionId);
      let continuationToken: string | undefined;
      do {
        const query = { ...WINDOW, ...(continuationToken === undefined ? {} : { continuationToken }) };
        const page = await client.pipelineRuns.queryByFactory(resourceGroup, name, query);
        for (const { pipelineName = '', parameters = {}, status = '' } of page.value) {
          const { operationId = '', stage = '' } = parameters;
          found.push({ pipeline: pipelineName, operationId, stage, status });
        }
        continuationToken = page.continuationToken;
      } while (continuationToken !== undefined);
    }
    return found;
  }

  /** Names of the secrets that are live. */
  async secrets(): Promise<string[]> {
    const vault = new SecretClient(this.#world.endpoints.keyVaultUrl, this.#world.credential, {
      disableChallengeResourceVerification: true,
    });
    const found = await Array.fromAsync(vault.listPropertiesOfSecrets());
    return found.map(({ name }) => name).sort();
  }

  /** The rows of a table of the state store; none if there is no such table yet. */
  async rows(table: string): Promise<Row[]> {
    try {
      return await Array.fromAsync(this.#world.table(table).listEntities());
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return [];
      throw error;
    }
  }

  /** The rows of every table of the state store. */
  async everyRow(): Promise<Row[]> {
    const tables = new TableServiceClient(this.#world.tableUrl, this.#world.credential).listTables();
    const rows: Row[] = [];
    for await (const { name } of tables) if (name !== undefined) rows.push(...(await this.rows(name)));
    return rows;
  }

  /** Runs a batch in a database of a sample and gives its rows. */
  async query(sample: Sample, side: 'source' | 'destination', batch: string): Promise<Row[]> {
    const pool = await this.#pool(sample, side);
    const { recordset } = await pool.request().query<Row>(batch);
    return recordset ?? [];
  }

  /** Names and types of what is in the schema `mig`. */
  async objects(sample: Sample, side: 'source' | 'destination'): Promise<string[]> {
    const named = async (catalogue: string) => {
      const batch = `SELECT o.[name] FROM ${catalogue} AS o WHERE o.[schema_id] = SCHEMA_ID(N'mig')`;
      return (await this.query(sample, side, batch)).map(({ name }) => String(name));
    };
    const tables = (await named('sys.tables')).map((name) => `U ${name}`);
    const procedures = (await named('sys.procedures')).map((name) => `P ${name}`);
    return [...tables, ...procedures].sort();
  }

  /** The rows of a table in `mig`; none if there is no such table. */
  async mig(sample: Sample, side: 'source' | 'destination', table: string): Promise<Row[]> {
    const objects = await this.objects(sample, side);
    return objects.includes(`U ${table}`) ? this.query(sample, side, `SELECT * FROM [mig].[${table}]`) : [];
  }

  /** Every table with its columns and the number of its rows, and every procedure: what a removal must leave as it was. */
  async catalogue(sample: Sample, side: 'source' | 'destination'): Promise<string[]> {
    const columns = await this.query(
      sample,
      side,
      `SELECT s.[name] AS [schema], t.[name] AS [table], c.[name] AS [column] FROM sys.tables AS t
       JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id] JOIN sys.columns AS c ON c.[object_id] = t.[object_id]`,
    );
    const tables = [
      ...new Set(columns.map(({ schema, table }) => `[${String(schema)}].[${String(table).replaceAll(']', ']]')}]`)),
    ];
    const counts: string[] = [];
    for (const table of tables) {
      const [row] = await this.query(sample, side, `SELECT COUNT(*) AS [n] FROM ${table}`);
      counts.push(`${table}: ${String(row?.['n'])} rows`);
    }
    const procedures = await this.query(sample, side, 'SELECT [name] FROM sys.procedures');
    const schemas = await this.query(sample, side, `SELECT [name] FROM sys.schemas WHERE [name] = N'mig'`);
    return [
      ...columns.map(({ schema, table, column }) => `${String(schema)}.${String(table)}.${String(column)}`),
      ...counts,
      ...procedures.map(({ name }) => `procedure ${String(name)}`),
      ...schemas.map(({ name }) => `schema ${String(name)}`),
    ].sort();
  }

  async close(): Promise<void> {
    for (const pool of this.#pools.values()) await (await pool).close();
  }

  #resourceManager(subscriptionId: string): DataFactoryManagementClient {
    const { endpoints, credential } = this.#world;
    return new DataFactoryManagementClient(credential, subscriptionId, {
      endpoint: endpoints.dataFactory.url,
      credentialScopes: 'https://management.azure.com/.default',
    });
  }

  #pool(sample: Sample, side: 'source' | 'destination'): Promise<sql.ConnectionPool> {
    const { server, database } = sample[side];
    const known = this.#pools.get(`${server}/${database}`);
    if (known !== undefined) return known;
    const opened = this.#open(sample, side);
    this.#pools.set(`${server}/${database}`, opened);
    return opened;
  }

  async #open(sample: Sample, side: 'source' | 'destination'): Promise<sql.ConnectionPool> {
    const { server, database } = sample[side];
    const [host = '', port] = server.split(',');
    const common = { server: host, port: Number(port), database, options: { encrypt: true } };
    const pool =
      side === 'source'
        ? new sql.ConnectionPool({ ...common, user: sample.source.userName, password: sample.source.password })
        : new sql.ConnectionPool({
            ...common,
            authentication: {
              type: 'azure-active-directory-access-token',
              options: { token: await this.#world.endpoints.getToken('https://database.windows.net/') },
            },
          });
    return pool.connect();
  }
}
