// Copy from a query to a blob of JSON, on the local Data Factory.
import { gunzipSync } from 'node:zlib';
import type { ActivityUnion, DataFactoryManagementClient } from '@azure/arm-datafactory';
import { ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stagingLinkedService } from '../../../shared/factory/connections.ts';
import { copy } from '../fixtures/data-factory-activities.ts';
import { expression, linked, startDataFactorySqlFixture } from '../fixtures/data-factory-sql.ts';
import type { DataFactorySqlFixture } from '../fixtures/data-factory-sql.ts';
import { activityRuns, FACTORY, GROUP, putPipeline, runEnd } from '../fixtures/data-factory.ts';

let fixture: DataFactorySqlFixture;
let client: DataFactoryManagementClient;
let container: ContainerClient;

beforeAll(async () => {
  fixture = await startDataFactorySqlFixture();
  ({ client } = fixture);
  const signature = await fixture.staging.open('signed');
  container = new ContainerClient(signature);
  const { properties } = stagingLinkedService(signature);
  await client.linkedServices.createOrUpdate(GROUP, FACTORY, 'signed', { properties: properties as never });
});

afterAll(() => fixture.stop());

async function runOne(activity: ActivityUnion) {
  const pipeline = await putPipeline(fixture, { activities: [activity] });
  const { runId } = await client.pipelines.createRun(GROUP, FACTORY, pipeline);
  await runEnd(fixture, runId);
  const [record] = await activityRuns(fixture, runId);
  return record;
}

const toBlob = (rest: object = {}) =>
  copy('SELECT id, name, picture FROM dbo.Item ORDER BY id', {
    sink: {
      type: 'JsonSink',
      storeSettings: { type: 'AzureBlobStorageWriteSettings' },
      formatSettings: { type: 'JsonWriteSettings', filePattern: 'setOfObjects' },
    },
    outputs: [{ type: 'DatasetReference', referenceName: 'items_json', parameters: { file: 'items.json.gz' } }],
    ...rest,
  });

async function putDataset(linkedService: string, name: string) {
  const location = {
    type: 'AzureBlobStorageLocation',
    container: name,
    folderPath: 'lists/today',
    fileName: expression('@dataset().file'),
  };
  await client.datasets.createOrUpdate(GROUP, FACTORY, 'items_json', {
    properties: {
      type: 'Json',
      linkedServiceName: linked(linkedService),
      parameters: { file: { type: 'String' } },
      location,
      compression: { type: 'gzip', level: 'Fastest' },
    },
  });
}

test('writes an object a row, a row a line, without what is NULL, and over what was there', async () => {
  await putDataset('signed', 'mig-signed');
  for (let times = 0; times < 2; times += 1) {
    expect(await runOne(toBlob())).toMatchObject({
      status: 'Succeeded',
      integrationRuntimeNames: ['shir-source'],
      output: { rowsRead: 2, rowsCopied: 2 },
    });
  }
  const blobs = await Array.fromAsync(container.listBlobsFlat());
  expect(blobs.map(({ name }) => name)).toEqual(['lists/today/items.json.gz']);
  const content = await container.getBlobClient('lists/today/items.json.gz').downloadToBuffer();
  expect(gunzipSync(content).toString()).toBe('{"id":1,"name":"Bicycle","picture":"AP8="}\n{"id":2}');
  await container.deleteBlob('lists/today/items.json.gz');
});

test.each([
  ['with a container that the signature is not for', 'signed', 'mig-other', {}, "is not for 'mig-other'"],
  ['with an invalid container', 'stage', 'Invalid_Container_Name', {}, "Failure happened on 'Sink' side"],
  ['of another format', 'signed', 'mig-signed', { sink: { type: 'ParquetSink' } }, 'sink.type'],
  ['with staging', 'signed', 'mig-signed', { enableStaging: true }, 'Staging on the way to a blob'],
])('%s fails', async (_, linkedService, name, rest, text) => {
  await putDataset(linkedService, name);
  expect(await runOne(toBlob(rest))).toMatchObject({
    status: 'Failed',
    error: { message: expect.stringContaining(text) as string },
  });
  expect(await Array.fromAsync(container.listBlobsFlat())).toEqual([]);
});
