/** Request bodies: JSON of a known shape, of a limited size, and nothing else. */
import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import { findJsonError } from './json-syntax.ts';
import { ApiError, fieldError, invalidFields } from './problem.ts';
import type { FieldError } from './problem.ts';

const MAXIMUM_BYTES = 64 * 1024;

/**
 * Reads a request's body.
 * @throws {ApiError} `UnsupportedMediaType`, `BodyTooLarge`, `EmptyBody`, `InvalidJson` or `InvalidRequestBody`; none
 * repeats a value of the body
 */
export async function readJsonBody<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const mediaType = (request.headers.get('content-type') ?? '').split(';', 1).join().trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new ApiError('UnsupportedMediaType', 'The header Content-Type must be application/json.');
  }
  const body: unknown = parseJson(await readText(request));
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw invalidFields(result.error.issues.flatMap((issue) => fieldErrorsOf(issue, body)));
}

async function readText(request: HttpRequest): Promise<string> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAXIMUM_BYTES) {
    throw new ApiError('BodyTooLarge', `The request body must have at most ${MAXIMUM_BYTES} bytes.`);
  }
  if (bytes.byteLength === 0) {
    throw new ApiError(
      'EmptyBody',
      'The request body is empty. If you sent one, send it with the header Content-Length: the Functions host does not read chunked bodies.',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ApiError('InvalidJson', 'The request body is not UTF-8.', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error is no cause to keep: its message repeats some of the text.
    const { line, column } = findJsonError(text) ?? { line: 1, column: 1 };
    throw new ApiError('InvalidJson', `The request body is not JSON from line ${line}, column ${column} on.`);
  }
}

const LONGEST_NAME = 100;

function fieldErrorsOf(issue: z.core.$ZodIssue, body: unknown): FieldError[] {
  const pointer = pointerTo(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      fieldError(pointerTo([...issue.path, key.slice(0, LONGEST_NAME)]), 'UnknownField', 'is not a field of the API.'),
    );
  }
  if (issue.code !== 'custom' && valueAt(body, issue.path) === undefined) {
    return [fieldError(pointer, 'Required', 'is missing.')];
  }
  return [fieldError(pointer, 'InvalidValue', detailOf(issue))];
}

function detailOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}.`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}.`;
  if (issue.code === 'too_small') return boundText(issue, issue.minimum, ['at least', 'more than']);
  if (issue.code === 'too_big') return boundText(issue, issue.maximum, ['at most', 'less than']);
  if (issue.code === 'invalid_format') return `must match ${issue.pattern}.`;
  return issue.message;
}

/** Of what has a length. */
const units: Readonly<Record<string, string>> = { array: 'items', string: 'characters' };

function boundText(
  { origin, inclusive = true }: Pick<z.core.$ZodIssueTooSmall, 'origin' | 'inclusive'>,
  bound: number | bigint,
  [within, beyond]: readonly [string, string],
): string {
  const measure = `${inclusive ? within : beyond} ${bound}`;
  const unit = units[origin];
  return unit === undefined ? `must be ${measure}.` : `must have ${measure} ${unit}.`;
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], body);
}
