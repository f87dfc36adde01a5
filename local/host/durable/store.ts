import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { ArrivedEvent, HistoryEvent } from './history.ts';
import type { Instance } from './instance.ts';

/** An event on its way to an orchestration. */
export interface Message {
  readonly instanceId: string;
  /** The execution it is meant for; null for whatever runs under the instance id. */
  readonly executionId: string | null;
  /** Milliseconds since the epoch before which it is not delivered. */
  readonly visibleAt: number;
  readonly event: ArrivedEvent;
}

/** A message as stored; `sequence` grows with every message. */
export interface StoredMessage extends Message {
  readonly sequence: number;
}

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

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS instance (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance_id, position)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS message (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, visible_at INTEGER NOT NULL,
    event TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS message_of_instance ON message (instance_id, visible_at);
  CREATE INDEX IF NOT EXISTS message_due ON message (visible_at);
  CREATE TABLE IF NOT EXISTS activity (sequence INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS timer_function (name TEXT PRIMARY KEY, status TEXT NOT NULL) WITHOUT ROWID;
`;

/**
 * Orchestrations in one SQLite file, or in memory with `:memory:`. A committed step survives a crash of the process and of
 * the machine (write-ahead log, full synchronisation). One process at a time may have the file open.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA locking_mode = EXCLUSIVE;');
    this.#database.exec(SCHEMA);
  }

  /** Applies all the steps in one transaction. */
  commit(steps: readonly Step[]): Committed[] {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const committed = steps.map((step) => this.#apply(step));
      this.#database.exec('COMMIT');
      return committed;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  instance(id: string): Instance | undefined {
    const row = this.#prepared('SELECT body FROM instance WHERE id = ?').get(id);
    return row === undefined ? undefined : (JSON.parse(String(row['body'])) as Instance);
  }

  /** In the order of their ids. */
  instances(): Instance[] {
    return this.#prepared('SELECT body FROM instance ORDER BY id')
      .all()
      .map((row) => JSON.parse(String(row['body'])) as Instance);
  }

  /** The history as JSON texts, oldest event first. */
  history(instanceId: string): string[] {
    return this.#prepared('SELECT event FROM history WHERE instance_id = ? ORDER BY position')
      .all(instanceId)
      .map((row) => String(row['event']));
  }

  /** What is due for an instance, in the order of arrival. */
  messagesFor(instanceId: string, now: number): StoredMessage[] {
    return this.#prepared(
      'SELECT * FROM message WHERE instance_id = ? AND visible_at <= ? ORDER BY visible_at, sequence',
    )
      .all(instanceId, now)
      .map((row) => ({
        sequence: Number(row['sequence']),
        instanceId,
        executionId: row['execution_id'] === null ? null : String(row['execution_id']),
        visibleAt: Number(row['visible_at']),
        event: JSON.parse(String(row['event'])) as ArrivedEvent,
      }));
  }

  /** Ids of the instances for which something is due. */
  instancesWithMessages(now: number): string[] {
    return this.#prepared('SELECT DISTINCT instance_id FROM message WHERE visible_at <= ?')
      .all(now)
      .map((row) => String(row['instance_id']));
  }

  /** When the next message after `now` is due, in milliseconds since the epoch. */
  nextDue(now: number): number | undefined {
    const due = this.#prepared('SELECT min(visible_at) AS due FROM message WHERE visible_at > ?').get(now)?.['due'];
    return typeof due === 'number' ? due : undefined;
  }

  /** The activities that have not finished, oldest first. */
  activities(): StoredActivityTask[] {
    return this.#prepared('SELECT sequence, body FROM activity ORDER BY sequence')
      .all()
      .map((row) => ({ ...(JSON.parse(String(row['body'])) as ActivityTask), sequence: Number(row['sequence']) }));
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

  #apply(step: Step): Committed {
    for (const instance of step.instances ?? []) {
      this.#prepared('INSERT OR REPLACE INTO instance VALUES (?, ?)').run(instance.id, JSON.stringify(instance));
    }
    if (step.history !== undefined) this.#appendHistory(step.history);
    for (const sequence of step.received ?? []) this.#prepared('DELETE FROM message WHERE sequence = ?').run(sequence);
    if (step.finishedActivity !== undefined) {
      this.#prepared('DELETE FROM activity WHERE sequence = ?').run(step.finishedActivity);
    }
    if (step.silenced !== undefined) this.#prepared('DELETE FROM message WHERE instance_id = ?').run(step.silenced);
    for (const id of step.purged ?? []) {
      this.#prepared('DELETE FROM instance WHERE id = ?').run(id);
      this.#forget(id);
    }
    for (const id of step.restarted ?? []) this.#forget(id);
    for (const message of step.messages ?? []) this.#insertMessage(message);
    const activities = (step.activities ?? []).map((activity) => this.#insertActivity(activity));
    return { messages: step.messages ?? [], activities };
  }

  #appendHistory({ instanceId, replace, events }: NonNullable<Step['history']>): void {
    if (replace) this.#prepared('DELETE FROM history WHERE instance_id = ?').run(instanceId);
    const last = this.#prepared('SELECT coalesce(max(position), 0) AS last FROM history WHERE instance_id = ?');
    let position = Number(last.get(instanceId)?.['last'] ?? 0);
    for (const event of events) {
      position += 1;
      this.#prepared('INSERT INTO history VALUES (?, ?, ?)').run(instanceId, position, JSON.stringify(event));
    }
  }

  #insertMessage({ instanceId, executionId, visibleAt, event }: Message): void {
    this.#prepared('INSERT INTO message (instance_id, execution_id, visible_at, event) VALUES (?, ?, ?, ?)').run(
      instanceId,
      executionId,
      visibleAt,
      JSON.stringify(event),
    );
  }

  #insertActivity(activity: ActivityTask): StoredActivityTask {
    const { lastInsertRowid } = this.#prepared('INSERT INTO activity (body) VALUES (?)').run(JSON.stringify(activity));
    return { ...activity, sequence: Number(lastInsertRowid) };
  }

  #forget(id: string): void {
    this.#prepared('DELETE FROM history WHERE instance_id = ?').run(id);
    this.#prepared('DELETE FROM message WHERE instance_id = ?').run(id);
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
