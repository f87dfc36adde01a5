/** What goes wrong in a chaos, decided by a seed: the same question gets the same answer in every run. Pure. */
import { createHash } from 'node:crypto';
import type { SqlFault } from '../../../local/sql-server/options.ts';
import type { ActivityFault } from '../durable/faults.ts';
import type { EndpointFault, PassingRequest } from './unreliable-proxy.ts';

export type HttpEndpoint = 'dataFactory' | 'keyVault' | 'tables';

/** A kind of fault with its share of all requests of an endpoint. */
type Shares<Fault> = readonly (readonly [name: string, share: number, fault: Fault])[];

const refused = (status: number, headers: Readonly<Record<string, string>> = {}): EndpointFault => ({
  when: 'before',
  answer: { status, headers },
});
const lost = (answer: EndpointFault['answer']): EndpointFault => ({ when: 'after', answer });

const http: Readonly<Record<HttpEndpoint, Shares<EndpointFault>>> = {
  dataFactory: [
    ['429 with Retry-After', 0.02, refused(429, { 'retry-after': '3' })],
    ['429', 0.02, refused(429)],
    ['500 after the effect', 0.03, lost({ status: 500 })],
    ['timeout', 0.02, { when: 'before', answer: 'cut' }],
    ['timeout after the effect', 0.03, lost('cut')],
  ],
  keyVault: [
    ['403', 0.1, refused(403)],
    ['503', 0.05, refused(503)],
    ['lost answer', 0.05, lost('cut')],
  ],
  // A client tries three times, so that most of these show as a pause only.
  tables: [
    ['503', 0.06, refused(503)],
    ['503 after the effect', 0.03, lost({ status: 503 })],
    ['lost answer', 0.03, lost('cut')],
  ],
};
const sql: Shares<SqlFault> = [
  ['deadlock', 0.015, 'deadlock'],
  ['lost before', 0.01, 'lost before'],
  ['lost after', 0.01, 'lost after'],
];
const activity: Shares<ActivityFault> = [
  ['run twice', 0.03, 'run twice'],
  ['failed after its effect', 0.02, 'fail after'],
];

/** Ids that are new in each run; everything else of a request is the same whenever a seed is played. */
const RANDOM = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mig-[0-9a-f]{12}-[0-9a-f]{8}/gi;

export class FaultPlan {
  /** How many faults there were, by endpoint and kind. */
  readonly counts: Record<string, Record<string, number>> = {};
  /** Whether anything goes wrong; a chaos ends by setting it to false. */
  isOn = true;
  readonly #seed: number;
  readonly #asked = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  ofRequest(endpoint: HttpEndpoint, { method, path }: PassingRequest): EndpointFault | undefined {
    return this.#one(endpoint, `${method} ${path.replaceAll(RANDOM, '*')}`, http[endpoint]);
  }

  ofSql(): SqlFault | undefined {
    return this.#one('sql', 'request', sql);
  }

  ofActivity(instanceId: string, name: string): ActivityFault | undefined {
    return this.#one('activities', `${instanceId.replaceAll(RANDOM, '*')} ${name}`, activity);
  }

  /** Between 0 and 1; another one each time that it is asked for. */
  number(what: string): number {
    const asked = (this.#asked.get(what) ?? 0) + 1;
    this.#asked.set(what, asked);
    const digest = createHash('sha256').update(`${this.#seed} ${what} ${asked}`).digest();
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /** Counts a fault that is brought about elsewhere. */
  note(endpoint: string, kind: string): void {
    const counts = (this.counts[endpoint] ??= {});
    counts[kind] = (counts[kind] ?? 0) + 1;
  }

  #one<Fault>(endpoint: string, question: string, shares: Shares<Fault>): Fault | undefined {
    if (!this.isOn) return undefined;
    let rest = this.number(`${endpoint} ${question}`);
    for (const [kind, share, fault] of shares) {
      rest -= share;
      if (rest >= 0) continue;
      this.note(endpoint, kind);
      return fault;
    }
    return undefined;
  }
}
