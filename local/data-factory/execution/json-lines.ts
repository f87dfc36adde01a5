import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { BlockBlobClient } from '@azure/storage-blob';
import type { JsonObject } from '../json.ts';

/** Writes rows into a blob of one JSON object a line; answers how many. The rows are held in memory. */
export async function writeJsonLines(
  blob: BlockBlobClient,
  rows: AsyncIterable<JsonObject>,
  compress: boolean,
): Promise<number> {
  const lines = await Array.fromAsync(rows, (row) => JSON.stringify(row));
  const content = Buffer.from(lines.join('\n'), 'utf8');
  await blob.uploadData(compress ? gzipSync(content, { level: constants.Z_BEST_SPEED }) : content);
  return lines.length;
}

/** Reads what `writeJsonLines` wrote. */
export async function* readJsonLines(blob: BlockBlobClient, compressed: boolean): AsyncGenerator<JsonObject> {
  const stored = await blob.downloadToBuffer();
  const text = (compressed ? gunzipSync(stored) : stored).toString('utf8');
  for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as JsonObject;
}
