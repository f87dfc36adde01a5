import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../endpoint/endpoint.ts';
import type { SqlFault } from '../options.ts';
import { SqlError, notSupported } from '../sql-error.ts';
import { readLogin } from './login.ts';
import { FIRST_PACKET_SIZE, MESSAGE, type Message, PacketReader, ResponseWriter } from './packets.ts';
import { clientWantsTls, preloginResponse } from './prelogin.ts';
import { readBatch, readBulk, readProcedureCall, readTransaction } from './requests.ts';
import type { Authenticate, Session } from './session.ts';
import { TLS_HANDSHAKE, type TlsContexts, type TlsLayer, startTls } from './tls.ts';
import {
  DONE,
  type DoneToken,
  doneToken,
  loginTokens,
  messageToken,
  returnStatusToken,
  returnValueToken,
} from './tokens.ts';
import { ResponseSink } from './response-sink.ts';

export interface ConnectionOptions {
  readonly serverName: string;
  readonly majorVersion: number;
  readonly tls: TlsContexts;
  readonly authenticate: Authenticate;
  readonly log: Log;
  readonly fault: () => SqlFault | undefined;
}

const LOGIN_WITHOUT_TLS = new SqlError(18456, 'The login failed: this endpoint takes logins over TLS only.', {
  severity: 14,
});

// https://learn.microsoft.com/sql/relational-databases/errors-events/mssqlserver-1205-database-engine-error
const DEADLOCK = new SqlError(
  1205,
  'Transaction was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
  { severity: 13 },
);

/** One client connection: framing, TLS, login, and one request after another. */
export class Connection {
  /** Resolves when the socket and then the session are closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #packets = new PacketReader();
  #output: Duplex;
  #tls: TlsLayer | undefined;
  #session: Session | undefined;
  #packetSize = FIRST_PACKET_SIZE;
  #queue: Promise<void> = Promise.resolve();
  #running: ResponseSink | undefined;
  #bulkStatement = '';
  #transactions = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#output = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => options.log(`connection lost: ${error.message}`));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#cancel();
        this.#enqueue(async () => this.#session?.close());
        void this.#queue.then(resolve);
      });
    });
  }

  /** Ends the connection at once; see {@link closed}. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (!this.#tls && this.#packets.idle && bytes[0] === TLS_HANDSHAKE) this.#startTls(true);
    if (this.#tls && !this.#tls.wrapped()) this.#tls.receive(bytes);
    else this.#feed(bytes);
  }

  #startTls(strict: boolean): void {
    const layer = startTls(this.#socket, this.#options.tls, strict);
    this.#tls = layer;
    const switchOver = () => {
      this.#output = layer.secure;
    };
    if (strict) switchOver();
    else layer.secure.on('secure', switchOver);
    layer.secure.on('data', (bytes: Buffer) => this.#feed(bytes));
    layer.secure.on('error', (error: Error) => {
      this.#options.log(`TLS failed: ${error.message}`);
      this.#socket.destroy();
    });
  }

  #feed(bytes: Buffer): void {
    for (const message of this.#packets.feed(bytes)) {
      if (message.type === MESSAGE.prelogin && this.#tls?.wrapped()) this.#tls.receive(message.body);
      else if (message.ignored) this.#enqueue(() => this.#send(doneToken(DONE.statement, { failed: true })));
      else if (message.type === MESSAGE.attention) {
        this.#cancel();
        this.#enqueue(() => this.#send(doneToken(DONE.statement, { attention: true })));
      } else this.#enqueue(() => this.#handle(message));
    }
  }

  #cancel(): void {
    this.#running?.cancel();
    this.#session?.cancel();
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      this.#options.log(`connection closed after a protocol error: ${String(error)}`);
      this.#socket.destroy();
    });
  }

  async #send(tokens: Buffer): Promise<void> {
    const writer = new ResponseWriter(this.#output, this.#packetSize);
    writer.tokens.bytes(tokens);
    await writer.end();
  }

  async #handle(message: Message): Promise<void> {
    if (message.type === MESSAGE.prelogin) return this.#prelogin(message.body);
    if (message.type === MESSAGE.login) return this.#login(message.body);
    const session = this.#session;
    if (!session) return void this.#socket.destroy();
    if (message.reset) await session.reset();
    switch (message.type) {
      case MESSAGE.batch:
        return this.#batch(session, readBatch(message.body));
      case MESSAGE.procedure:
        return this.#procedure(session, message.body);
      case MESSAGE.bulk:
        return this.#bulk(session, message.body);
      case MESSAGE.transaction:
        return this.#transaction(session, message.body);
    }
    await this.#fail(notSupported(`TDS message type ${message.type}`));
  }

  async #prelogin(body: Buffer): Promise<void> {
    const upgrade = !this.#tls && clientWantsTls(body);
    const answer = upgrade ? 'inside-prelogin' : this.#tls ? 'already' : 'refused';
    await this.#send(preloginResponse(this.#options.majorVersion, answer));
    if (upgrade) this.#startTls(false);
  }

  async #login(body: Buffer): Promise<void> {
    const login = readLogin(body);
    try {
      if (!this.#tls) throw LOGIN_WITHOUT_TLS;
      this.#session = await this.#options.authenticate(login);
    } catch (error) {
      await this.#fail(asSqlError(error));
      this.#output.end();
      return;
    }
    const { majorVersion } = this.#options;
    const withToken = login.token !== undefined;
    const { packetSize } = login;
    await this.#send(loginTokens({ database: this.#session.database, majorVersion, packetSize, withToken }));
    this.#packetSize = packetSize;
  }

  async #fail(error: SqlError): Promise<void> {
    const tokens = [
      messageToken('error', error, this.#options.serverName),
      doneToken(DONE.statement, { failed: true }),
    ];
    await this.#send(Buffer.concat(tokens));
  }

  async #batch(session: Session, sql: string): Promise<void> {
    if (/^\s*insert\s+bulk\b/i.test(sql)) {
      this.#bulkStatement = sql;
      return this.#send(doneToken(DONE.statement));
    }
    await this.#respond(DONE.statement, (sink) => session.batch(sql, [], sink));
  }

  async #procedure(session: Session, body: Buffer): Promise<void> {
    const { name, parameters: all } = readProcedureCall(body);
    const text = name === 'sp_executesql' ? all[0]?.value : undefined;
    const parameters = text === undefined ? all : all.slice(2);
    await this.#respond(DONE.procedure, async (sink) => {
      let status = 0;
      if (text === undefined) status = await session.procedure(name, parameters, sink);
      else await session.batch(String(text), parameters, sink);
      sink.put(returnStatusToken(status));
      parameters.forEach((parameter, ordinal) => {
        if (parameter.output) sink.put(returnValueToken(ordinal, parameter));
      });
    });
  }

  async #bulk(session: Session, body: Buffer): Promise<void> {
    const { columns, rows } = readBulk(body);
    await this.#respond(DONE.statement, async (sink) => {
      sink.done(await session.bulkInsert(this.#bulkStatement, columns, rows));
    });
  }

  async #transaction(session: Session, body: Buffer): Promise<void> {
    const wanted = readTransaction(body);
    if (!wanted) return this.#fail(notSupported('This transaction manager request'));
    await this.#respond(DONE.statement, (sink) => session.transaction(wanted.request, wanted.name, sink));
  }

  /** Runs one request; whatever it throws becomes the error that ends the response. */
  async #respond(final: DoneToken, run: (sink: ResponseSink) => Promise<void>): Promise<void> {
    const fault = this.#options.fault();
    if (fault === 'lost before') return this.destroy();
    const writer = new ResponseWriter(this.#output, this.#packetSize);
    const sink = new ResponseSink(writer, this.#options.serverName, final, this.#transactions);
    this.#running = sink;
    try {
      // The victim's transaction is rolled back: only a request that is a transaction by itself becomes one.
      if (fault === 'deadlock' && this.#transactions === 0) throw DEADLOCK;
      await run(sink);
    } catch (error) {
      if (!(error instanceof SqlError)) this.#options.log(`request failed: ${String(error)}`);
      sink.fail(asSqlError(error));
    }
    this.#running = undefined;
    this.#transactions = sink.transactions;
    if (fault === 'lost after') return this.destroy();
    writer.tokens.bytes(doneToken(final, { failed: sink.failed }));
    await writer.end();
  }
}

function asSqlError(error: unknown): SqlError {
  return error instanceof SqlError ? error : new SqlError(50000, `The local SQL endpoint failed: ${String(error)}`);
}
