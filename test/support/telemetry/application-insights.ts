/** Stands for the ingestion endpoint of Application Insights, and keeps what it gets as rows of its tables. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { TlsIdentity } from '../../../local/endpoint/endpoint.ts';

const envelopeSchema = z.object({
  time: z.string(),
  tags: z.record(z.string(), z.string()),
  data: z.object({ baseType: z.string(), baseData: z.looseObject({}) }),
});
const baseDataSchema = z.looseObject({
  id: z.string().optional(),
  name: z.string().optional(),
  message: z.string().optional(),
  type: z.string().optional(),
  success: z.boolean().optional(),
  resultCode: z.string().optional(),
  properties: z.record(z.string(), z.string()).default({}),
  metrics: z.array(z.looseObject({ name: z.string(), value: z.number() })).default([]),
});

/** https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete */
const tables = {
  RequestData: 'requests',
  RemoteDependencyData: 'dependencies',
  MessageData: 'traces',
  MetricData: 'customMetrics',
} as const;
type Table = (typeof tables)[keyof typeof tables];

/** One row, with the columns that queries look at. */
export interface Row {
  readonly table: Table;
  readonly timestamp: string;
  readonly operation_Id: string | undefined;
  readonly operation_ParentId: string | undefined;
  readonly cloud_RoleName: string | undefined;
  readonly id: string | undefined;
  readonly name: string;
  readonly message: string | undefined;
  readonly success: boolean | undefined;
  readonly resultCode: string | undefined;
  /** Of a metric. */
  readonly value: number | undefined;
  readonly customDimensions: Readonly<Record<string, string>>;
}

/** An ingestion endpoint that runs. */
export interface ApplicationInsights {
  /** The app settings that send telemetry here, and none about the telemetry elsewhere. */
  readonly settings: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  /** Everything that has come, as text. */
  text(): string;
  stop(): Promise<void>;
}

const CONNECTION = 'InstrumentationKey=00000000-0000-4000-8000-000000000003;IngestionEndpoint=';

/** Starts the endpoint. It takes what comes with a token only. */
export async function startApplicationInsights(tls: TlsIdentity): Promise<ApplicationInsights> {
  const rows: Row[] = [];
  const texts: string[] = [];
  const server = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
    void read(request).then((text) => {
      const isAuthorized = request.headers.authorization?.startsWith('Bearer ') === true;
      const lines = isAuthorized ? text.split('\n').filter((line) => line !== '') : [];
      texts.push(...lines);
      rows.push(...lines.flatMap(rowsOf));
      const answer = { itemsReceived: lines.length, itemsAccepted: lines.length, errors: [] };
      response.writeHead(isAuthorized ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: `${CONNECTION}https://localhost:${port}/`,
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    },
    rows,
    text: () => texts.join('\n'),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const body = await buffer(request);
  const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
  // One item a line, or all of them as a list.
  return text.startsWith('[') ? (JSON.parse(text) as object[]).map((item) => JSON.stringify(item)).join('\n') : text;
}

function rowsOf(line: string): Row[] {
  const { time: timestamp, tags, data } = envelopeSchema.parse(JSON.parse(line));
  const table = tables[data.baseType as keyof typeof tables];
  const { id, name = '', message, success, resultCode, properties, metrics } = baseDataSchema.parse(data.baseData);
  const row = {
    table,
    timestamp,
    operation_Id: tags['ai.operation.id'],
    operation_ParentId: tags['ai.operation.parentId'],
    cloud_RoleName: tags['ai.cloud.role'],
    id,
    message,
    success,
    resultCode,
    customDimensions: properties,
  };
  if (table !== 'customMetrics') return [{ ...row, name, value: undefined }];
  return metrics.map((metric) => ({ ...row, name: metric.name, value: metric.value }));
}
