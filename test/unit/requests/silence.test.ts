import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { unlessSilent } from '../../../shared/requests/request-timeout.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

test('a stream from which nobody reads for a time is not silent', async () => {
  const chunks = unlessSilent(Readable.from([Buffer.from('a'), Buffer.from('b')]), 1_000);
  expect((await chunks.next()).value).toEqual(Buffer.from('a'));
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await chunks.next()).value).toEqual(Buffer.from('b'));
  expect((await chunks.next()).done).toBe(true);
});

test('a reader that has enough ends the stream, and nothing fails later', async () => {
  const stream = Readable.from([Buffer.from('a'), Buffer.from('b')]);
  for await (const chunk of unlessSilent(stream, 1_000)) {
    expect(chunk).toEqual(Buffer.from('a'));
    break;
  }
  expect(stream.destroyed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
