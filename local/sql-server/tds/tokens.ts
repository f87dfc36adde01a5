import type { SqlError } from '../sql-error.ts';
import { ByteWriter, int32, longText, shortText, uint16, uint64, uint8 } from './bytes.ts';
import type { Column, Parameter } from './session.ts';
import { COLLATION, typeInfo } from './types.ts';
import { type SqlValue, type WriteValue, valueWriter } from './values.ts';

/** Which of the three DONE tokens ends a statement. */
export const DONE = { statement: 0xfd, procedure: 0xfe, inProcedure: 0xff } as const;
export type DoneToken = (typeof DONE)[keyof typeof DONE];

const DONE_MORE = 0x01;
const DONE_ERROR = 0x02;
const DONE_COUNT = 0x10;
const DONE_ATTENTION = 0x20;

const ENVIRONMENT = 0xe3;
const ENVIRONMENT_DATABASE = 1;
const ENVIRONMENT_PACKET_SIZE = 4;
const ENVIRONMENT_COLLATION = 7;
const ENVIRONMENT_TRANSACTION = { begin: 8, commit: 9, rollback: 10 } as const;

const NULLABLE = 0x01;

/** A token whose body is preceded by its length in two bytes. */
function token(id: number, ...body: Buffer[]): Buffer {
  const bytes = Buffer.concat(body);
  return Buffer.concat([uint8(id), uint16(bytes.length), bytes]);
}

interface DoneFacts {
  readonly count?: number;
  readonly more?: boolean;
  readonly failed?: boolean;
  readonly attention?: boolean;
}

export function doneToken(kind: DoneToken, facts: DoneFacts = {}): Buffer {
  const status =
    (facts.more ? DONE_MORE : 0) |
    (facts.failed ? DONE_ERROR : 0) |
    (facts.count === undefined ? 0 : DONE_COUNT) |
    (facts.attention ? DONE_ATTENTION : 0);
  return Buffer.concat([uint8(kind), uint16(status), uint16(0), uint64(facts.count ?? 0)]);
}

export function columnsToken(columns: readonly Column[]): Buffer {
  const parts = columns.map((column) =>
    Buffer.concat([int32(0), uint16(NULLABLE), typeInfo(column.type), shortText(column.name)]),
  );
  return Buffer.concat([uint8(0x81), uint16(columns.length), ...parts]);
}

export function writeRow(writer: ByteWriter, columns: readonly WriteValue[], values: readonly SqlValue[]): void {
  writer.uint8(0xd1);
  for (let index = 0; index < columns.length; index++) columns[index]?.(writer, values[index] ?? null);
}

/** ERROR, or INFO for what is only a message. */
export function messageToken(kind: 'error' | 'message', error: SqlError, server: string): Buffer {
  return token(
    kind === 'error' ? 0xaa : 0xab,
    int32(error.number),
    uint8(error.state, error.severity),
    longText(error.message),
    shortText(server),
    shortText(error.procedure),
    int32(error.line),
  );
}

export const returnStatusToken = (status: number): Buffer => Buffer.concat([uint8(0x79), int32(status)]);

export function returnValueToken(ordinal: number, parameter: Parameter): Buffer {
  const value = new ByteWriter();
  valueWriter(parameter.type)(value, parameter.value);
  return Buffer.concat([
    uint8(0xac),
    uint16(ordinal),
    shortText(parameter.name),
    uint8(1),
    int32(0),
    uint16(NULLABLE),
    typeInfo(parameter.type),
    value.written,
  ]);
}

export const databaseChangedToken = (name: string): Buffer =>
  token(ENVIRONMENT, uint8(ENVIRONMENT_DATABASE), shortText(name), shortText(''));

/** A started transaction is told by its descriptor; a finished one names the descriptor that ended. */
export function transactionToken(change: keyof typeof ENVIRONMENT_TRANSACTION, descriptor: number): Buffer {
  const id = Buffer.concat([uint8(8), uint64(descriptor)]);
  const values = change === 'begin' ? [id, uint8(0)] : [uint8(0), id];
  return token(ENVIRONMENT, uint8(ENVIRONMENT_TRANSACTION[change]), ...values);
}

interface LoginFacts {
  readonly database: string;
  readonly majorVersion: number;
  readonly packetSize: number;
  readonly withToken: boolean;
}

/** What follows a login that was accepted. TDS 7.4. */
export function loginTokens(facts: LoginFacts): Buffer {
  return Buffer.concat([
    databaseChangedToken(facts.database),
    token(ENVIRONMENT, uint8(ENVIRONMENT_COLLATION, COLLATION.length), COLLATION, uint8(0)),
    token(0xad, uint8(1, 0x74, 0, 0, 4), shortText('Microsoft SQL Server'), uint8(facts.majorVersion, 0, 0, 0)),
    token(ENVIRONMENT, uint8(ENVIRONMENT_PACKET_SIZE), shortText(String(facts.packetSize)), shortText('4096')),
    ...(facts.withToken ? [uint8(0xae, 0x02), int32(0), uint8(0xff)] : []),
    doneToken(DONE.statement),
  ]);
}
