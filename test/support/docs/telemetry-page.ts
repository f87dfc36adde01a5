/** `docs/telemetry.md`, from the lists of what the service sends. */
import { attributes } from '../../../shared/telemetry/attributes.ts';
import { metrics } from '../../../shared/telemetry/metrics.ts';
import { tableOf } from './table.ts';
import { questions } from './telemetry-queries.ts';

const begin = `# Telemetry

Everything that the service tells of itself, made by \`npm run docs\` from \`shared/telemetry/\`; why it is so stands in
[0033](decisions/0033-telemetry.md). It is sent to the Application Insights that \`APPLICATIONINSIGHTS_CONNECTION_STRING\` names, as the app's
identity; without that setting nothing is made or sent. No signal holds a secret. Traces, metrics and the lines of activities do not hold the
name of a server, database, company or table either; lines in words may, where they repeat what a service said.

Tests run setups, a replication and a bulk replay against an endpoint that stands for Application Insights: every signal below is sent
then, and no other. What the host sends itself (requests, its own log) is described by
[Azure Functions](https://learn.microsoft.com/azure/azure-functions/opentelemetry-howto).`;

const spans = `## Traces

One trace goes from the request that begins an attempt through its orchestrations, every activity and every call of an SDK to the events
that are sent (\`traceparent\`, see [events.md](events.md)); a caller that sends \`traceparent\` continues its own. What a timer begins, such as a
cleanup after an orchestration that died, has a trace of its own. Hosts that subscribe to the sources of the Durable extension add spans of
the orchestrations; under others an activity has a parent that is not recorded.`;

const spanKinds = [
  ['name of a route, such as `putSetup`', 'a request', ['tenant', 'setup', 'code', 'method', 'status']],
  [
    'name of an activity, such as `selectFactory`',
    'one run of an activity',
    ['activity', 'tenant', 'setup', 'attempt', 'phase', 'factory', 'outcome', 'code'],
  ],
  ['`SqlDatabases.use`', 'work with the database of an environment', ['database', 'code']],
  [
    'those of the SDKs, such as `TableClient.getEntity` and `HTTP GET`',
    'a call of a service of Azure',
    ['service', 'server', 'method', 'status', 'code'],
  ],
] as const;

/** The whole page. */
export function telemetryPage(): string {
  return `${[begin, spans, spanTable(), logSection(), metricSection(), attributeSection(), querySection()].join('\n\n')}\n`;
}

function names(keys: readonly (keyof typeof attributes)[]): string {
  return keys.map((key) => `\`${attributes[key].name}\``).join(', ');
}

function spanTable(): string {
  const rows = spanKinds.map(([name, meaning, keys]) => [name, meaning, names(keys)]);
  return tableOf(['span', 'what it is', 'attributes, where they are known'], rows);
}

function logSection(): string {
  const facts = names(['activity', 'tenant', 'setup', 'attempt', 'phase', 'factory', 'outcome', 'code']);
  return `## Log

One line, \`Activity … : …\`, for every activity that did not do its work, with ${facts}. The other lines, in words, are of requests
that fail in the service and of timers; each has \`${attributes.function.name}\`. In Application Insights they are \`traces\`.`;
}

const throttling = `\`${metrics.throttling.name}\` is of what the app asks with the SDKs of Azure. Each try counts at Resource Manager with
Data Factory, at Monitor, Table Storage, Blob Storage and Key Vault, and when the identity gets a token. At Service Bus a send counts: it is one
try, and has a \`${attributes.code.name}\` instead of a status. After one that failed a host publishes nothing for half a minute, so that of a
busy Service Bus \`${metrics.outboxAge.name}\` tells more. What databases refuse is not in it, nor is what the host asks of its own storage,
which an alert on the account watches ([operations.md](operations.md#alerts)).`;

function metricSection(): string {
  const rows = Object.values(metrics).map(({ name, kind, unit, meaning, by }) => {
    return [`\`${name}\``, kind, unit, meaning, names(by)];
  });
  const text =
    'In Application Insights they are `customMetrics`. Counters and histograms hold what came since the last export, a minute ago: ' +
    'add up `valueSum`, and divide it by the sum of `valueCount` for a mean.';
  return `## Metrics\n\n${text}\n\n${throttling}\n\n${tableOf(['metric', 'kind', 'unit', 'meaning', 'dimensions'], rows)}`;
}

function attributeSection(): string {
  const rows = Object.values(attributes).map(({ name, meaning }) => [`\`${name}\``, meaning]);
  const text =
    'In Application Insights they are `customDimensions`, but for what it has a column for: `http.request.method`, ' +
    '`http.response.status_code`, `server.address` and `db.system.name` of spans.';
  return `## Attributes\n\n${text}\n\n${tableOf(['attribute', 'meaning'], rows)}`;
}

function querySection(): string {
  const text = `## Questions

Ask them in Application Insights under Logs. Kusto's own language service has read each of them against the columns of the tables; none was
run, since nothing here runs KQL.`;
  const parts = questions.map(({ question, query }) => `### ${question}\n\n\`\`\`kusto\n${query}\n\`\`\``);
  return [text, ...parts].join('\n\n');
}
