/**
 * What of the recordings the local Functions host does not reproduce: `different` on purpose, or `unsupported`. Everything
 * that is not listed here is run and compared.
 */
export interface Exception {
  /** Names of the recordings: whole, or as they match. */
  readonly names: readonly string[] | RegExp;
  readonly kind: 'different' | 'unsupported';
  readonly reason: string;
}

/** By name of the case; unsupported ones are not in the repository. */
export const durableExceptions: readonly Exception[] = [
  {
    names: ['ndCaught'],
    kind: 'different',
    reason: 'the status with history is shown; the extension fails to build it from two tasks of one number',
  },
  {
    names: ['retryTimeout', 'retryTimeout2', 'timer5500'],
    kind: 'different',
    reason: 'timers fire on time; the recorded ones fired up to 1 s early, so that a turn less was needed',
  },
  {
    names: [
      'entBatch',
      'entCall',
      'entDelete',
      'entFail',
      'entKinds',
      'entLock',
      'entParallel',
      'entRollback',
      'entSignalOther',
      'entUnknown',
    ],
    kind: 'unsupported',
    reason: 'entities',
  },
  { names: ['http200', 'http202off', 'http500', 'httpPost', 'httpRefused'], kind: 'unsupported', reason: 'callHttp' },
  { names: ['rewind'], kind: 'unsupported', reason: 'rewind' },
];

/** By name of the call. */
export const managementExceptions: readonly Exception[] = [
  { names: /^entit/, kind: 'unsupported', reason: 'entities' },
];

/** By arguments of curl. */
export const httpExceptions: readonly Exception[] = [
  { names: ['/'], kind: 'unsupported', reason: 'there is no landing page' },
  {
    names: ['-X FOO /api/getonly'],
    kind: 'different',
    reason: 'the HTTP parser of Node.js answers 400 to methods that it does not know',
  },
];

/** By group of the recording and arguments of curl; these were made with extension 3.14.1, the others with 3.19.0. */
export const webhookExceptions: readonly Exception[] = [
  { names: /^38-entity/, kind: 'unsupported', reason: 'entities' },
  {
    names: /^30-start \/runtime/,
    kind: 'different',
    reason: 'asked at once whether the orchestration has begun, which it may have',
  },
  {
    names: /^36-list .*top=2$/,
    kind: 'different',
    reason: 'which instances come first depends on generated ids',
  },
  { names: /f18087\/rewind/, kind: 'unsupported', reason: 'rewind' },
];

/** By name of the app. */
export const appExceptions: readonly Exception[] = [
  {
    names: ['badcron', 'badname', 'duproute', 'reserved', 'cron5'],
    kind: 'different',
    reason: 'one function that cannot be served stops the host; the real host serves the others',
  },
  {
    names: ['dupname', 'nofuncs', 'nomain', 'syntaxerr', 'throwload'],
    kind: 'different',
    reason: 'an app that cannot be loaded stops the host; the real host answers 404 to everything',
  },
  {
    names: ['badconstraint', 'badhost', 'badroute'],
    kind: 'different',
    reason: 'stops the host; the real host answers 503 to everything',
  },
  {
    names: ['nohostjson'],
    kind: 'different',
    reason: 'the real host could not download its extension bundle when this was recorded; here nothing is downloaded',
  },
  { names: ['retry'], kind: 'unsupported', reason: 'retry policies of functions' },
  {
    names: ['timeout'],
    kind: 'unsupported',
    reason: 'functionTimeout, and a worker process that is started again apart from the host',
  },
];

/** By arguments of curl: single requests to apps that are otherwise reproduced. */
export const appRequestExceptions: readonly Exception[] = [
  {
    names: ['/api/ctlen'],
    kind: 'different',
    reason: 'a header that is not ASCII is answered 500, without the lengths that the function had set',
  },
];

/** The exception that a recording falls under. */
export function exceptionFor(exceptions: readonly Exception[], name: string): Exception | undefined {
  return exceptions.find(({ names }) => (names instanceof RegExp ? names.test(name) : names.includes(name)));
}

/** How many recordings there are of each kind. */
export function countRecordings(exceptions: readonly Exception[], names: readonly string[]) {
  const kinds = names.map((name) => exceptionFor(exceptions, name)?.kind ?? 'reproduced');
  const count = (kind: string): number => kinds.filter((each) => each === kind).length;
  return { reproduced: count('reproduced'), different: count('different'), unsupported: count('unsupported') };
}
