/** What operators ask of Application Insights, and how. */
import { attributes } from '../../../shared/telemetry/attributes.ts';
import { metrics } from '../../../shared/telemetry/metrics.ts';

/** One question with its query. */
interface Question {
  readonly question: string;
  readonly query: string;
}

type MetricKey = keyof typeof metrics;

/** The value of a dimension, as text. */
const by = (key: keyof typeof attributes): string => `tostring(customDimensions['${attributes[key].name}'])`;
const of = (key: MetricKey): string => `customMetrics\n| where name == '${metrics[key].name}'`;
const sum = (key: MetricKey, each: string): string => `${of(key)}\n| summarize count = sum(valueSum) by ${each}`;
const mean = (key: MetricKey, each: string): string =>
  `${of(key)}\n| summarize mean = sum(valueSum) / sum(valueCount), longest = max(valueMax) by ${each}`;
const latest = (key: MetricKey, each: string): string => `${of(key)}\n| summarize arg_max(timestamp, value) by ${each}`;

const setup = `${by('setup')} == '<setupId>' and ${by('tenant')} == '<tenantId>'`;

export const questions: readonly Question[] = [
  {
    question: 'What was done for a setup, and how long did each step take?',
    query: `dependencies
| where ${setup}
| project timestamp, name, duration, success, attempt = ${by('attempt')}, phase = ${by('phase')}, code = ${by('code')}
| order by timestamp asc`,
  },
  {
    question: 'What does the log say of a setup?',
    query: `traces
| where ${setup}
| project timestamp, severityLevel, message, attempt = ${by('attempt')}, phase = ${by('phase')}, code = ${by('code')}
| order by timestamp asc`,
  },
  {
    question: 'What belongs to the trace that a caller, an event or a problem document (`traceId`) names?',
    query: `union requests, dependencies, traces
| where operation_Id == '<traceId>'
| project timestamp, itemType, name, message, duration, success, resultCode, id, operation_ParentId
| order by timestamp asc`,
  },
  {
    question: 'How many setups are under way or have failed, by state?',
    query: latest('openSetups', `state = ${by('state')}`),
  },
  {
    question: 'How many setups became ready, failed or were canceled, by day?',
    query: sum('transitions', `bin(timestamp, 1d), state = ${by('state')}`),
  },
  {
    question: 'Why do setups fail?',
    query: `${of('transitions')} and ${by('state')} == 'Failed'
| summarize count = sum(valueSum) by code = ${by('code')}
| order by count desc`,
  },
  {
    question: 'How long do phases take?',
    query: mean('phaseDuration', `bin(timestamp, 1d), phase = ${by('phase')}`),
  },
  {
    question: 'How long does a setup take from accepted to ready, without the wait for a person?',
    query: `${of('phaseDuration')} and ${by('phase')} != 'RuntimeRegistration'
| summarize seconds = sum(valueSum) / sum(valueCount) by bin(timestamp, 1d), phase = ${by('phase')}
| summarize seconds = sum(seconds) by timestamp`,
  },
  {
    question: 'On what share of the days did that take ten minutes at most, by month?',
    query: `${of('phaseDuration')} and ${by('phase')} != 'RuntimeRegistration'
| summarize seconds = sum(valueSum) / sum(valueCount) by day = bin(timestamp, 1d), phase = ${by('phase')}
| summarize seconds = sum(seconds) by day
| summarize share = 100.0 * countif(seconds <= 600) / count() by startofmonth(day)`,
  },
  {
    question: 'Which activities do not do their work, and why?',
    query: `${sum('activityOutcomes', `activity = ${by('activity')}, outcome = ${by('outcome')}, code = ${by('code')}`)}
| order by count desc`,
  },
  {
    question: 'Which service refuses requests because there are too many?',
    query: sum(
      'throttling',
      `bin(timestamp, 5m), server = ${by('server')}, status = ${by('status')}, code = ${by('code')}`,
    ),
  },
  {
    question: 'Do setups find a place in a factory?',
    query: sum('placementRefusals', 'bin(timestamp, 1h)'),
  },
  {
    question: 'Which factory is nearly full?',
    query: `${latest('factoryFill', `factory = ${by('factory')}, quota = ${by('quota')}`)}
| where value >= 0.8`,
  },
  {
    question: 'Are events published in time?',
    query: mean('eventDelay', 'bin(timestamp, 5m)'),
  },
  {
    question: 'In what share of the minutes with events was each published within two seconds, by month?',
    query: `${of('eventDelay')}
| summarize longest = max(valueMax) by minute = bin(timestamp, 1m)
| summarize share = 100.0 * countif(longest <= 2) / count() by startofmonth(minute)`,
  },
  {
    question: 'How many setups have events that Service Bus did not take?',
    query: `${of('outboxDepth')}
| summarize setups = max(value) by bin(timestamp, 5m)`,
  },
  {
    question: 'For how long are subscribers without news?',
    query: `${of('outboxAge')}
| summarize seconds = max(value) by bin(timestamp, 5m)`,
  },
  {
    question: 'What do setups wait for?',
    query: latest('waits', `wait = ${by('wait')}`),
  },
  {
    question: 'For how long?',
    query: latest('longestWait', `wait = ${by('wait')}`),
  },
  {
    question: 'Is a bulk replay under way?',
    query: `${of('openReplays')}
| summarize replays = max(value) by bin(timestamp, 5m)`,
  },
  {
    question: 'What comes of the setups of bulk replays?',
    query: sum('replayResults', `bin(timestamp, 1h), outcome = ${by('outcome')}`),
  },
  {
    question: 'How many rows a second do replications copy?',
    query: `${of('replicatedRows')}
| summarize rows = sum(valueSum) by bin(timestamp, 1d), mode = ${by('mode')}, state = ${by('state')}
| join kind=inner (
    ${of('replicationDuration').replaceAll('\n', '\n    ')}
    | summarize seconds = sum(valueSum) by bin(timestamp, 1d), mode = ${by('mode')}, state = ${by('state')}
  ) on timestamp, mode, state
| project timestamp, mode, state, rowsPerSecond = rows / seconds`,
  },
  {
    question: 'How fast does the API answer, and with what?',
    query: `requests
| where cloud_RoleName == '<function app>'
| summarize requests = count(), p95 = percentile(duration, 95) by name, resultCode`,
  },
  {
    question: 'What share of the requests was answered within a second and not by a failure of the service, by month?',
    query: `requests
| where cloud_RoleName == '<function app>' and isnotempty(url)
| summarize share = 100.0 * countif(duration <= 1000 and toint(resultCode) < 500) / count() by startofmonth(timestamp)`,
  },
  {
    question: 'Which requests are refused, and why?',
    query: `dependencies
| where isnotempty(${by('code')}) and isempty(${by('activity')}) and type == 'Http' and isempty(target)
| summarize count() by name, resultCode, code = ${by('code')}
| order by count_ desc`,
  },
  {
    question: 'Which service of Azure is slow, or fails?',
    query: `dependencies
| where isnotempty(target)
| summarize calls = count(), failures = countif(success == false), p95 = percentile(duration, 95) by target
| order by p95 desc`,
  },
];
