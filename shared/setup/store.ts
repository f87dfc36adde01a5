/**
 * Setups in Table Storage, and how they move. One partition a setup holds its head row, its milestones, its events and its
 * findings.
 */
import type { AuditEntry } from '../audit/audit.ts';
import { attemptColumns } from './attempt-record.ts';
import type { SetupEvent } from './events.ts';
import { stopReason } from './fence.ts';
import type { StopReason, Worker } from './fence.ts';
import { hasReached, movedOn } from './head.ts';
import type { DeletionOptions, SetupRecord } from './head.ts';
import { hasStoodStill } from './due.ts';
import type { UsedNumbers } from './reader.ts';
import { MAXIMUM_TRANSACTION_ROWS } from '../table.ts';
import { clearedColumns, milestoneColumns } from './milestone-data.ts';
import type { MilestoneRecord } from './milestone-data.ts';
import { eventRow, KEY, keyPartition, partitionOf } from './rows.ts';
import type { SetupKey } from './rows.ts';
import { isTakenOver } from './replay.ts';
import type { Selection } from '../plan/selection.ts';
import { withSelection } from './setup.ts';
import type { AttemptId } from './setup.ts';
import { canFollow, isBefore, milestones, restingStates, workingStates } from './states.ts';
import type { Milestone, Phase } from './states.ts';
import { SetupWriter } from './writer.ts';
import type { Recorded } from './writer.ts';

export type { SetupRecord } from './head.ts';
export type { MilestoneRecord } from './milestone-data.ts';

/** What a new attempt is made of; the store adds the rest. */
export type NewAttempt = Pick<SetupRecord, 'tenantId' | 'setupId' | 'key' | 'request' | 'destination' | 'secretName'>;

/** Where an attempt begins, and whose request that is. */
interface Beginning {
  readonly from: Phase;
  /** The attempt that is replayed. */
  readonly replayOf?: number;
  readonly audit: AuditEntry;
}

export class SetupStore extends SetupWriter {
  /**
   * Stores a new setup in state `Accepted`, with its first event.
   * @param known the numbers that were used before, if they have been read
   * @returns the stored setup, or undefined if one of that id exists; nothing is changed then
   */
  async create(setup: NewAttempt, audit: AuditEntry, known?: UsedNumbers): Promise<SetupRecord | undefined> {
    const used = known ?? (await this.numbersOf(setup));
    const { tenantId, setupId, key } = setup;
    const table = await this.table();
    // Before anything gets a name from the key.
    await table.upsertEntity({ partitionKey: keyPartition(key), rowKey: KEY, tenantId, setupId }, 'Replace');
    const now = this.clock.now().toISOString();
    const head: SetupRecord = {
      ...setup,
      state: 'Accepted',
      phase: 'FactorySelection',
      from: 'FactorySelection',
      attempt: used.attempt + 1,
      reached: [],
      sequence: used.sequence,
      createdAt: now,
      lastModifiedAt: now,
      phaseStartedAt: now,
      undoing: false,
      removing: false,
      planOutdated: false,
      etag: '',
    };
    return this.#begin(head, { from: 'FactorySelection', audit }, []);
  }

  /**
   * Begins the next attempt of a setup that rests, in one transaction with what it takes over.
   * @param setup as it was read; its ETag guards the change
   * @returns the setup, or undefined if it has changed since it was read; nothing is changed then
   */
  async beginNext(
    setup: SetupRecord,
    { request, destination, secretName }: Pick<NewAttempt, 'request' | 'destination' | 'secretName'>,
    beginning: Beginning,
  ): Promise<SetupRecord | undefined> {
    if (!canFollow('accepted', setup.state)) return undefined;
    const { failure: _failure, openedBy: _openedBy, cancel: _cancel, deletion: _deletion, ...kept } = setup;
    const { cleanup: _cleanup, factory, ...rest } = kept;
    const taken = (await this.milestonesOf(setup)).filter(({ name }) => isTakenOver(name, beginning.from));
    const head: SetupRecord = {
      ...rest,
      ...(isTakenOver('factorySelected', beginning.from) && factory !== undefined ? { factory } : {}),
      request,
      destination,
      secretName,
      undoing: false,
      removing: false,
      planOutdated: false,
      attempt: setup.attempt + 1,
      from: beginning.from,
      phase: beginning.from,
      phaseStartedAt: this.clock.now().toISOString(),
    };
    return this.#begin({ ...head, reached: taken.map(({ name }) => name) }, beginning, taken, setup.cleanup);
  }

  /**
   * Lets one run of an attempt's orchestration work; it may say so again. Any other run is superseded.
   * @param token names the run
   */
  async open(attempt: AttemptId, token: string): Promise<Recorded> {
    return this.change(attempt, (setup) => {
      if (setup.attempt !== attempt.attempt || setup.cleanup !== undefined) return 'superseded';
      if (setup.openedBy === token) return { head: setup };
      const mayOpen = setup.openedBy === undefined && ['Accepted', 'Canceling'].includes(setup.state);
      if (!mayOpen) return 'superseded';
      return { head: { ...setup, openedBy: token, state: setup.state === 'Accepted' ? 'Running' : setup.state } };
    });
  }

  /** Lets an attempt take back what it made: what of it is still under way to make something is superseded. */
  async beginUndo(attempt: AttemptId): Promise<Recorded> {
    return this.#mark(attempt, 'undoing');
  }

  /** Lets an attempt, or its cleanup, remove its entities: whoever puts one from now on removes it himself. */
  async beginRemoval(worker: Worker): Promise<Recorded> {
    return this.#mark(worker, 'removing');
  }

  async #mark(worker: Worker, mark: 'undoing' | 'removing'): Promise<Recorded> {
    return this.change(worker, (setup) => {
      const stopped = stopReason('undo', worker, setup);
      if (stopped !== undefined) return stopped;
      return { head: setup[mark] || restingStates.includes(setup.state) ? setup : { ...setup, [mark]: true } };
    });
  }

  /**
   * Moves an attempt on: its new state, what it reached and the events, or nothing. Recording a milestone again changes
   * nothing, so that an activity that is run twice is harmless; nor does one that the attempt has taken over.
   * @param worker the attempt, and the cleanup orchestration that says so, if one does
   * @param reached one milestone, or several that are recorded together, in their order
   * @param known the setup as it was read before, which spares a read if it has not changed since
   * @throws {Error} if there is no such setup, or a milestone does not follow its state
   */
  async record(worker: Worker, reached: Milestone | readonly Milestone[], known?: SetupRecord): Promise<Recorded> {
    const decide = (setup: SetupRecord) => {
      const news: Milestone[] = [];
      let moved = setup;
      for (const milestone of [reached].flat()) {
        const answer = mayRecord(worker, milestone, moved);
        if (typeof answer === 'string') return answer;
        if (!answer) continue;
        news.push(milestone);
        moved = movedOn(moved, milestone, this.clock.now());
      }
      return { head: setup, milestones: news };
    };
    return this.change(worker, decide, known);
  }

  /**
   * Changes what a setup that is ready migrates. The tables are planned again when it is replicated the next time.
   * @returns undefined if the setup has changed since it was read, is not ready, or is being replicated
   */
  async select(setup: SetupRecord, selection: Selection, audit: AuditEntry): Promise<SetupRecord | undefined> {
    if (setup.state !== 'Ready' || setup.replication?.active !== undefined) return undefined;
    // The timer mends what a host that dies leaves undone after the change.
    await this.active.add(setup);
    return this.write(setup, {
      head: { ...setup, request: withSelection(setup.request, selection), planOutdated: true },
      audit: this.auditRow(setup, audit, 'the selection is changed'),
    });
  }

  /** Asks for the end of an attempt. @returns undefined if the setup has changed since it was read, or has ended */
  async requestCancel(setup: SetupRecord, audit: AuditEntry): Promise<SetupRecord | undefined> {
    const cancel = { at: this.clock.now().toISOString(), actor: audit.actor };
    return this.#request({ ...setup, cancel }, { name: 'cancelRequested', data: {} }, audit);
  }

  /**
   * Asks for the removal of a setup. It begins at once if the setup rests; otherwise its attempt is canceled first.
   * @returns undefined if the setup has changed since it was read, is being removed, or has a replication run under way
   */
  async requestDelete(
    setup: SetupRecord,
    options: DeletionOptions,
    audit: AuditEntry,
  ): Promise<SetupRecord | undefined> {
    const at = this.clock.now().toISOString();
    const { actor } = audit;
    const deletion = { ...options, at, actor, number: (setup.deletion?.number ?? 0) + 1, begun: false };
    const asked = { ...setup, deletion };
    if (setup.replication?.active !== undefined) return undefined;
    if (canFollow('deleteRequested', setup.state)) return this.beginDelete(asked, audit);
    if (setup.state === 'Canceling') {
      // When it has ended, the timer begins the removal.
      await this.active.add(setup);
      return this.write(setup, {
        head: asked,
        audit: this.auditRow(setup, audit, 'waits for the cancellation'),
      });
    }
    return this.#request({ ...asked, cancel: { at, actor } }, { name: 'cancelRequested', data: {} }, audit);
  }

  /** Begins the removal that was asked for. @returns undefined if the setup has changed since it was read */
  async beginDelete(setup: SetupRecord, audit: AuditEntry): Promise<SetupRecord | undefined> {
    if (setup.deletion === undefined) return undefined;
    const { removeRuntime, removeSource } = setup.deletion;
    const head = { ...setup, deletion: { ...setup.deletion, begun: true } };
    return this.#request(head, { name: 'deleteRequested', data: { removeRuntime, removeSource } }, audit);
  }

  /**
   * Ends what an attempt or an earlier cleanup may do, and gives the setup to the cleanup orchestration of that number.
   * @returns undefined if the setup has changed since it was read
   */
  async beginCleanup(setup: SetupRecord, number: number): Promise<SetupRecord | undefined> {
    return this.write(setup, { head: { ...setup, cleanup: number } });
  }

  /**
   * Lets an attempt begin earlier: what it took over from `phase` on does not hold any more.
   * @throws {Error} if there is no such setup
   */
  async moveBack(attempt: AttemptId, phase: Phase): Promise<Recorded> {
    const reached = await this.milestonesOf(attempt);
    return this.change(attempt, (setup) => {
      const stopped = stopReason('forward', attempt, setup);
      if (stopped !== undefined) return stopped;
      if (!isBefore(phase, setup.from)) return { head: setup };
      const dropped = reached
        .filter(({ name, origin }) => origin !== setup.attempt && !isTakenOver(name, phase))
        .map(({ name }) => name);
      const holds = setup.reached.filter((name) => !dropped.some((one) => one === name));
      const { factory, ...rest } = setup;
      const kept = isTakenOver('factorySelected', phase) && factory !== undefined ? { ...rest, factory } : rest;
      return {
        head: { ...kept, reached: holds, from: phase, phase, phaseStartedAt: this.clock.now().toISOString() },
        attempt: clearedColumns(dropped),
      };
    });
  }

  /** Marks events as published. */
  async markPublished(setup: SetupKey, events: readonly SetupEvent[]): Promise<void> {
    const table = await this.table();
    const partitionKey = partitionOf(setup);
    const rows = events.map(({ sequence }) => ({ partitionKey, rowKey: eventRow(sequence), published: true }));
    for (let start = 0; start < rows.length; start += MAXIMUM_TRANSACTION_ROWS) {
      const part = rows.slice(start, start + MAXIMUM_TRANSACTION_ROWS);
      await table.submitTransaction(part.map((row) => ['update', row, 'Merge']));
    }
  }

  /** Moves the audits of a setup to the log, as far as that was not done. */
  async moveAudits(setup: SetupKey): Promise<void> {
    await this.audit.moveAll(await this.table(), partitionOf(setup));
  }

  /** Notes the setup as active, then stores the beginning of an attempt. */
  async #begin(
    head: SetupRecord,
    { from, replayOf, audit }: Beginning,
    taken: readonly MilestoneRecord[],
    cleanupsBefore = 0,
  ): Promise<SetupRecord | undefined> {
    // Before the attempt itself: a row without an attempt is harmless, an attempt without a row would be forgotten.
    const noted = this.clock.now();
    await this.active.add(head);
    const { product, source } = head.request;
    const data = { product, sourceKind: source.kind, from, ...(replayOf === undefined ? {} : { replayOf }) };
    const begun = await this.write(head, {
      head,
      milestones: [{ name: 'accepted', data }],
      attempt: { ...attemptColumns(head, audit, cleanupsBefore), ...milestoneColumns(taken) },
      audit: this.auditRow(head, audit, attemptText(head)),
    });
    // And again, if it took so long that the timer may have forgotten what it could not find.
    if (begun !== undefined && hasStoodStill(this.clock.now(), noted)) await this.active.add(head);
    return begun;
  }

  async #request(head: SetupRecord, milestone: Milestone, audit: AuditEntry): Promise<SetupRecord | undefined> {
    if (!canFollow(milestone.name, head.state)) return undefined;
    await this.active.add(head);
    const { state } = milestones[milestone.name];
    return this.write(head, { head, milestones: [milestone], audit: this.auditRow(head, audit, state) });
  }
}

/** Whether a milestone is to be recorded; not if it is, or was taken over. */
function mayRecord(worker: Worker, { name }: Milestone, setup: SetupRecord): boolean | StopReason {
  if (setup.attempt !== worker.attempt) return 'superseded';
  const { state, phase = setup.phase } = milestones[name];
  const isForward = workingStates.includes(state) || name === 'ready';
  if (isForward && setup.state === 'Canceling') return 'canceled';
  const isUndoing = setup.undoing && worker.cleanup === undefined && isForward;
  const isOver = isUndoing || setup.cleanup !== worker.cleanup || restingStates.includes(setup.state);
  // Taken over, or passed: another run of the same activity was faster.
  if (!isOver && isBefore(phase, setup.phase)) return false;
  if (hasReached(setup, name)) return false;
  if (isOver) return 'superseded';
  if (!canFollow(name, setup.state))
    throw new Error(`${name} of attempt ${worker.attempt} cannot follow ${setup.state}`);
  return true;
}

/** For the audit: trust in a server that shows no certificate to be trusted is somebody's decision. */
function attemptText({ attempt, request }: SetupRecord): string {
  const { trustServerCertificate } = request.source.connection;
  return `attempt ${attempt}${trustServerCertificate ? ', trusts the certificate of the server unseen' : ''}`;
}
