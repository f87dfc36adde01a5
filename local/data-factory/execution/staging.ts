import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { JsonObject } from '../json.ts';
import { readJsonLines, writeJsonLines } from './json-lines.ts';

/** Rows that rest in a blob between source and sink. */
export interface StagedRows {
  rows(): AsyncIterable<JsonObject>;
  delete(): Promise<void>;
}

/** Writes rows into a new blob of one JSON object a line, gzip compressed if wanted. */
export async function stage(
  container: ContainerClient,
  folder: string,
  rows: AsyncIterable<JsonObject>,
  compress: boolean,
): Promise<StagedRows> {
  const name = [folder, randomUUID(), `data.jsonl${compress ? '.gz' : ''}`].filter((part) => part !== '').join('/');
  const blob = container.getBlockBlobClient(name);
  await writeJsonLines(blob, rows, compress);
  return {
    rows: () => readJsonLines(blob, compress),
    async delete() {
      await blob.delete();
    },
  };
}
