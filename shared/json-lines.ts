/** Files of one JSON value a line. */
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';

/** Far longer than a line is: who wrote the file may be nobody to trust with the app's memory. */
const LONGEST_LINE = 65_536;

/** What a gzip compressed file holds. It fails if that is none or is cut off, and as its source does. */
export function decompressed(file: NodeJS.ReadableStream): Readable {
  // A failure on the way reaches the reader through the last stream.
  return pipeline(file, createGunzip(), () => undefined);
}

/** The values of a file, one after the other. @throws {Error} if it has endless lines */
export async function* jsonLines(text: AsyncIterable<unknown>): AsyncGenerator {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error(`A line is longer than ${LONGEST_LINE} characters.`);
    yield* lines.filter(isNotBlank).map((line) => JSON.parse(line) as unknown);
  }
  if (isNotBlank(rest)) yield JSON.parse(rest);
}

/** Compressed lines; parts of a file can be compressed one by one and put together. */
export function compressedLines(values: readonly unknown[]): Buffer {
  return gzipSync(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

function isNotBlank(line: string): boolean {
  return line.trim() !== '';
}
