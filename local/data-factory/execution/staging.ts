import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ContainerClient } from '@azure/storage-blob';
import type { JsonObject } from '../json.ts';

/** Rows that rest in a blob between source and sink. */
export interface StagedRows {
  rows(): AsyncIterable<JsonObject>;
  delete(): Promise<void>;
}

/**
 * Writes rows into a new blob of one JSON object a line, gzip compressed if wanted. The rows of one copy are held in
 * memory.
 */
export async function stage(
  container: ContainerClient,
  folder: string,
  rows: AsyncIterable<JsonObject>,
  compress: boolean,
): Promise<StagedRows> {
  const lines: string[] = [];
  for await (const row of rows) lines.push(JSON.stringify(row));
  const content = Buffer.from(lines.join('\n'), 'utf8');
  const name = [folder, randomUUID(), `data.jsonl${compress ? '.gz' : ''}`].filter((part) => part !== '').join('/');
  const blob = container.getBlockBlobClient(name);
  await blob.uploadData(compress ? gzipSync(content) : content);
  return {
    async *rows() {
      const stored = await blob.downloadToBuffer();
      const text = (compress ? gunzipSync(stored) : stored).toString('utf8');
      for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as JsonObject;
    },
    async delete() {
      await blob.delete();
    },
  };
}
