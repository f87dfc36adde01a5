/** Everything that a run left anywhere, as text, so that a test can look for what must not be in it. */
import { DataFactoryManagementClient } from '@azure/arm-datafactory';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { text } from 'node:stream/consumers';
import type { Stack } from '../../../local/stack/stack.ts';
import { factorySchema } from '../../../shared/setup/setup.ts';
import { readHistories } from '../management-api.ts';

/** Texts by where they were found. */
export type StoredTexts = Readonly<Record<'tables' | 'blobs' | 'histories' | 'factories' | 'logs', string>>;

/** Reads every store of the stack but the two that are there to keep secrets: the vault and the source database. */
export async function readStoredTexts(stack: Stack): Promise<StoredTexts> {
  const [tables, blobs, histories, factories] = await Promise.all([
    readTables(stack),
    readBlobs(stack),
    readHistories(stack.host),
    readFactories(stack),
  ]);
  return { tables, blobs, histories: histories.join('\n'), factories, logs: stack.logs().join('\n') };
}

async function readTables(stack: Stack): Promise<string> {
  const endpoint = stack.settings['MIGRATION_STATE_TABLE_ENDPOINT'] ?? '';
  const credential = stack.credential('operations');
  const rows: unknown[] = [];
  for await (const { name = '' } of new TableServiceClient(endpoint, credential).listTables()) {
    for await (const row of new TableClient(endpoint, name, credential).listEntities()) rows.push(row);
  }
  return JSON.stringify(rows);
}

async function readBlobs(stack: Stack): Promise<string> {
  const client = new BlobServiceClient(
    stack.settings['MIGRATION_STAGING_BLOB_ENDPOINT'] ?? '',
    stack.credential('operations'),
  );
  const contents: string[] = [];
  for await (const { name } of client.listContainers()) {
    contents.push(name);
    const container = client.getContainerClient(name);
    for await (const blob of container.listBlobsFlat()) {
      const { readableStreamBody } = await container.getBlobClient(blob.name).download();
      contents.push(blob.name, readableStreamBody === undefined ? '' : await text(readableStreamBody));
    }
  }
  return contents.join('\n');
}

async function readFactories(stack: Stack): Promise<string> {
  const now = Date.now();
  const window = { lastUpdatedAfter: new Date(now - 86_400_000), lastUpdatedBefore: new Date(now + 86_400_000) };
  const found: unknown[] = [];
  const factories = factorySchema.array().parse(JSON.parse(stack.settings['MIGRATION_FACTORIES'] ?? '[]'));
  for (const { subscriptionId, resourceGroup, name } of factories) {
    const client = new DataFactoryManagementClient(stack.credential('operations'), subscriptionId, {
      endpoint: stack.dataFactory.url,
      credentialScopes: 'https://management.azure.com/.default',
    });
    for await (const pipeline of client.pipelines.listByFactory(resourceGroup, name)) found.push(pipeline);
    // As they were answered: the client's models drop what they do not know.
    const onResponse = ({ bodyAsText }: { bodyAsText?: string | null }) => found.push(bodyAsText);
    for await (const { name: linkedService = '' } of client.linkedServices.listByFactory(resourceGroup, name, {
      onResponse,
    })) {
      await client.linkedServices.get(resourceGroup, name, linkedService, { onResponse });
    }
    const runs = await client.pipelineRuns.queryByFactory(resourceGroup, name, window);
    for (const run of runs.value) {
      found.push(run);
      const { value } = await client.activityRuns.queryByPipelineRun(resourceGroup, name, run.runId ?? '', window);
      found.push(...value);
    }
  }
  return JSON.stringify(found);
}
