/** Entity-group transactions on the wire: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */

/** One operation, as a request of its own. */
export interface Operation {
  readonly method: string;
  readonly url: string;
  readonly ifMatch: string | undefined;
  readonly body: string | undefined;
}

/** What came of an operation. */
export interface OperationResult {
  readonly status: number;
  readonly etag?: string | undefined;
  readonly body?: string | undefined;
}

/** Reads the operations of a transaction's only changeset. */
export function parseBatch(body: string): Operation[] {
  return body
    .split(/--changeset_[\w-]+(?:--)?\r\n/)
    .slice(1, -1)
    .map((part) => {
      const [, head = '', ...rest] = part.split('\r\n\r\n');
      const [first = '', ...headers] = head.split('\r\n');
      const [method = '', url = ''] = first.split(' ');
      const ifMatch = headers.find((header) => /^if-match:/i.test(header))?.replace(/^[^:]*:\s*/, '');
      const content = rest.join('\r\n\r\n').trim();
      return { method, url, ifMatch, body: content === '' ? undefined : content };
    });
}

/** The answer to a transaction. One that failed has only the result of the operation that did. */
export function formatBatch(results: readonly OperationResult[]): string {
  const parts = results.map(({ status, etag, body = '' }) =>
    [
      '--changesetresponse_1',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      `HTTP/1.1 ${status} ${status < 400 ? 'No Content' : 'Refused'}`,
      ...(etag === undefined ? [] : [`ETag: ${etag}`]),
      '',
      body,
    ].join('\r\n'),
  );
  return [
    '--batchresponse_1',
    'Content-Type: multipart/mixed; boundary=changesetresponse_1',
    '',
    ...parts,
    '--changesetresponse_1--',
    '--batchresponse_1--',
  ].join('\r\n');
}
