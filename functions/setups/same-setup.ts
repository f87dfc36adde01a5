/** Whether a repeated request asks for what is there already. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { CheckSelection } from '../../shared/checks/check-selection.ts';
import type { SetupRequest } from '../../shared/setup/setup.ts';
import { ApiError, fieldError } from '../http/problem.ts';

type Field = readonly [pointer: string, name: string, of: (request: SetupRequest) => unknown];

const connectionString = '/source/connectionString';
const fields: readonly Field[] = [
  ['/product', 'The product', ({ product }) => product],
  ['/source/kind', 'The kind', ({ source }) => source.kind],
  [connectionString, 'The server', ({ source }) => source.connection.server],
  [connectionString, 'The database', ({ source }) => source.connection.database],
  [connectionString, 'The user id', ({ source }) => source.connection.userName],
  [
    connectionString,
    'Encrypt',
    ({ source: { connection } }) => (connection.strictEncryption === true ? 'strict' : connection.encrypt),
  ],
  [
    '/source/trustServerCertificate',
    'Trust in the certificate',
    ({ source }) => source.connection.trustServerCertificate,
  ],
  [connectionString, 'MultiSubnetFailover', ({ source }) => source.connection.multiSubnetFailover],
  [connectionString, 'HostNameInCertificate', ({ source }) => source.connection.hostNameInCertificate],
  ['/assessmentId', 'The assessment', ({ assessmentId }) => assessmentId],
  // That of an assessment is not part of a request.
  [
    '/source/runtimeName',
    'The runtime name',
    ({ source, assessmentId }) => (assessmentId === undefined ? source.runtimeName : undefined),
  ],
  // In the order of their schema.
  ['/thresholds', 'The set of thresholds', ({ thresholds }) => JSON.stringify(thresholds)],
  ['/checkSelection', 'The selection of checks', ({ checkSelection }) => sorted(checkSelection)],
  ['/companies', 'The list of companies', ({ companies }) => JSON.stringify(companies?.toSorted())],
  ['/tableMappings', 'The list of mappings', ({ tableMappings }) => JSON.stringify(tableMappings)],
  ['/destination/environment', 'The environment', ({ destination }) => destination.environment.toLowerCase()],
];

/** @throws {ApiError} `SetupConflict`, naming every field that differs and no value */
export function requireSameSetup(
  existing: SetupRequest,
  wanted: SetupRequest,
  password: { readonly stored: string | undefined; readonly given: string },
): void {
  const errors = fields
    .filter(([, , of]) => of(existing) !== of(wanted))
    .map(([pointer, name]) => differs(pointer, name));
  if (password.stored === undefined || !equalInConstantTime(password.stored, password.given)) {
    errors.push(differs(connectionString, 'The password'));
  }
  if (errors.length === 0) return;
  throw new ApiError('SetupConflict', 'A setup of this id exists, and differs in the fields named in errors.', {
    errors,
  });
}

/** In whatever order the ids were given. */
function sorted({ include, exclude }: CheckSelection = {}): string {
  return JSON.stringify([include?.toSorted(), exclude?.toSorted()]);
}

function differs(pointer: string, name: string) {
  return fieldError(pointer, 'Differs', `${name} is not the one that the setup was created with.`);
}

/** The time that it takes says nothing about how much of a guess is right. */
function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
