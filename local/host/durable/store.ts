import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { HistoryEvent } from './history.ts';
import { Inbox } from './inbox.ts';
import { isFinished, type Instance } from './instance.ts';
import type { Message, StoredMessage } from './message.ts';

/** An activity to run. */
export interface ActivityTask {
  readonly instanceId: string;
  readonly executionId: string;
  readonly taskId: number;
  readonly name: string;
  /** JSON text. */
  readonly input: string | null;
}

/** An activity to run, as stored. */
export interface StoredActivityTask extends ActivityTask {
  readonly sequence: number;
}

/** Everything that one step changes: all of it is kept, or nothing. */
export interface Step {
  /** Inserted, or replaced. */
  readonly instances?: readonly Instance[];
  /** The step is void when the instance has been purged or restarted since: a purge does not wait for a turn. */
  readonly execution?: { readonly instanceId: string; readonly executionId: string };
  readonly history?: {
    readonly instanceId: string;
    readonly replace: boolean;
    readonly events: readonly HistoryEvent[];
  };
  /** Sequences of the messages that the step has dealt with. */
  readonly received?: readonly number[];
  readonly messages?: readonly Message[];
  readonly activities?: readonly ActivityTask[];
  readonly finishedActivity?: number;
  /** Instances that begin anew: their history and messages are dropped. */
  readonly restarted?: readonly string[];
  /** Instance whose remaining messages are dropped. */
  readonly silenced?: string;
  /** Instances of which nothing is kept. */
  readonly purged?: readonly string[];
}

/** What a committed step has put into the queues. */
export interface Committed {
  readonly messages: readonly Message[];
  readonly activities: readonly StoredActivityTask[];
}

// One row of history is one turn; the events of a turn are written and read together.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS instance (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL, turn INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (instance_id, turn)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS message (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS activity (sequence INTEGER PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS timer_function (name TEXT PRIMARY KEY, status TEXT NOT NULL) WITHOUT ROWID;
`;
const SCHEMA_VERSION = 2;

/**
 * Orchestrations in one SQLite file, or in memory with `:memory:`. A committed step survives a crash of the process and of
 * the machine (write-ahead log, full synchronisation). One process at a time may have the file open, so what the next
 * turns need is kept in memory as well: messages, and instances with their histories until they finish.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #unfinished = new Map<string, Instance>();
  readonly #histories = new Map<string, string[]>();
  #inbox = new Inbox();
  #lastSequence = 0;

  /** Throws when the file holds what another version of the store has written. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    try {
      this.#checkVersion(file);
      this.#database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE;');
      this.#database.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
      this.#load();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Applies all the steps in one transaction. */
  commit(steps: readonly Step[]): Committed[] {
    this.#prepared('BEGIN IMMEDIATE').run();
    try {
      const committed = steps.map((step) => this.#apply(step));
      if (steps.some(({ purged }) => purged !== undefined)) this.#database.exec('PRAGMA incremental_vacuum;');
      this.#prepared('COMMIT').run();
      return committed;
    } catch (error) {
      if (this.#database.isTransaction) this.#prepared('ROLLBACK').run();
      this.#load();
      throw error;
    }
  }

  instance(id: string): Instance | undefined {
    const unfinished = this.#unfinished.get(id);
    if (unfinished !== undefined) return unfinished;
    const row = this.#prepared('SELECT body FROM instance WHERE id = ?').get(id);
    if (row === undefined) return undefined;
    const instance = JSON.parse(String(row['body'])) as Instance;
    if (!isFinished(instance)) this.#unfinished.set(id, instance);
    return instance;
  }

  /** In the order of their ids. */
  instances(): Instance[] {
    return this.#prepared('SELECT body FROM instance ORDER BY id')
      .all()
      .map((row) => JSON.parse(String(row['body'])) as Instance);
  }

  /** The history, oldest turn first: of each turn the JSON texts of its events, separated by commas. */
  turns(instanceId: string): readonly string[] {
    const known = this.#histories.get(instanceId);
    if (known !== undefined) return known;
    const turns = this.#prepared('SELECT events FROM history WHERE instance_id = ? ORDER BY turn')
      .all(instanceId)
      .map((row) => String(row['events']));
    if (this.#unfinished.has(instanceId)) this.#histories.set(instanceId, turns);
    return turns;
  }

  /** What is due for an instance, in the order of arrival. */
  messagesFor(instanceId: string, now: number): StoredMessage[] {
    const due = this.#inbox.of(instanceId).filter(({ visibleAt }) => visibleAt <= now);
    return due.sort((one, other) => one.visibleAt - other.visibleAt || one.sequence - other.sequence);
  }

  /** Ids of the instances for which something is due. */
  instancesWithMessages(now: number): string[] {
    return this.#inbox.instancesDue(now);
  }

  /** When the next message after `now` is due, in milliseconds since the epoch. */
  nextDue(now: number): number | undefined {
    return this.#inbox.nextDue(now);
  }

  /** The activities that have not finished, oldest first. */
  activities(): StoredActivityTask[] {
    return this.#bodies('activity').map(({ sequence, body }) => ({ ...(JSON.parse(body) as ActivityTask), sequence }));
  }

  /** What was last recorded about a timer function, as JSON text. */
  timerStatus(name: string): string | undefined {
    const row = this.#prepared('SELECT status FROM timer_function WHERE name = ?').get(name);
    return row === undefined ? undefined : String(row['status']);
  }

  recordTimerStatus(name: string, status: string): void {
    this.#prepared('INSERT OR REPLACE INTO timer_function VALUES (?, ?)').run(name, status);
  }

  close(): void {
    this.#database.close();
  }

  #checkVersion(file: string): void {
    const isNew = this.#database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
    const version = this.#database.prepare('PRAGMA user_version').get()?.['user_version'];
    if (isNew || version === SCHEMA_VERSION) return;
    throw new Error(`${file} was written by another version of the local host. Delete it, or name another file.`);
  }

  /** Reads again what is kept in memory. */
  #load(): void {
    this.#unfinished.clear();
    this.#histories.clear();
    this.#inbox = new Inbox();
    for (const { sequence, body } of this.#bodies('message')) {
      this.#inbox.add({ ...(JSON.parse(body) as Message), sequence });
    }
    const used = this.#prepared(
      'SELECT max(sequence) AS last FROM (SELECT sequence FROM message UNION ALL SELECT sequence FROM activity)',
    ).get();
    this.#lastSequence = Number(used?.['last'] ?? 0);
  }

  #apply(step: Step): Committed {
    const { execution } = step;
    const isVoid =
      execution !== undefined && this.instance(execution.instanceId)?.executionId !== execution.executionId;
    if (isVoid) return { messages: [], activities: [] };
    if (step.history !== undefined) this.#appendHistory(step.history);
    for (const instance of step.instances ?? []) this.#putInstance(instance);
    for (const sequence of step.received ?? []) this.#deleteMessage(sequence);
    if (step.finishedActivity !== undefined) {
      this.#prepared('DELETE FROM activity WHERE sequence = ?').run(step.finishedActivity);
    }
    if (step.silenced !== undefined) this.#silence(step.silenced);
    for (const id of step.purged ?? []) {
      this.#prepared('DELETE FROM instance WHERE id = ?').run(id);
      this.#unfinished.delete(id);
    }
    for (const id of [...(step.purged ?? []), ...(step.restarted ?? [])]) {
      this.#prepared('DELETE FROM history WHERE instance_id = ?').run(id);
      this.#histories.delete(id);
      this.#silence(id);
    }
    for (const message of step.messages ?? []) this.#insertMessage(message);
    const activities = (step.activities ?? []).map((activity) => this.#insertActivity(activity));
    return { messages: step.messages ?? [], activities };
  }

  #appendHistory({ instanceId, replace, events }: NonNullable<Step['history']>): void {
    if (replace) this.#prepared('DELETE FROM history WHERE instance_id = ?').run(instanceId);
    const turns = replace ? [] : this.turns(instanceId);
    const text = events.map((event) => JSON.stringify(event)).join(',');
    this.#prepared('INSERT INTO history VALUES (?, ?, ?)').run(instanceId, turns.length, text);
    this.#histories.set(instanceId, [...turns, text]);
  }

  #putInstance(instance: Instance): void {
    this.#prepared('INSERT OR REPLACE INTO instance VALUES (?, ?)').run(instance.id, JSON.stringify(instance));
    if (isFinished(instance)) {
      this.#unfinished.delete(instance.id);
      this.#histories.delete(instance.id);
    } else {
      this.#unfinished.set(instance.id, instance);
    }
  }

  #insertMessage(message: Message): void {
    const sequence = this.#nextSequence();
    this.#prepared('INSERT INTO message VALUES (?, ?)').run(sequence, JSON.stringify(message));
    this.#inbox.add({ ...message, sequence });
  }

  #silence(instanceId: string): void {
    for (const { sequence } of this.#inbox.of(instanceId)) this.#deleteMessage(sequence);
  }

  #deleteMessage(sequence: number): void {
    this.#prepared('DELETE FROM message WHERE sequence = ?').run(sequence);
    this.#inbox.remove(sequence);
  }

  #insertActivity(activity: ActivityTask): StoredActivityTask {
    const sequence = this.#nextSequence();
    this.#prepared('INSERT INTO activity VALUES (?, ?)').run(sequence, JSON.stringify(activity));
    return { ...activity, sequence };
  }

  #nextSequence(): number {
    this.#lastSequence += 1;
    return this.#lastSequence;
  }

  #bodies(table: 'message' | 'activity'): { readonly sequence: number; readonly body: string }[] {
    return this.#prepared(`SELECT sequence, body FROM ${table} ORDER BY sequence`)
      .all()
      .map((row) => ({ sequence: Number(row['sequence']), body: String(row['body']) }));
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
