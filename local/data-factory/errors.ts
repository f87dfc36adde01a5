import type { ZodError } from 'zod';

/** An answer other than success, in the shape of Azure Resource Manager: `{ error: { code, message } }`. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** 400 `BadRequest`, which Data Factory uses for nearly everything that it refuses. */
export function badRequest(message: string): ArmError {
  return new ArmError(400, 'BadRequest', message);
}

/** 404 with the text that Data Factory uses for a missing document. */
export function documentNotFound(): ArmError {
  return new ArmError(404, 'NotFound', 'The document could not be retrieved because it does not exist.');
}

/** 400 for what the real service offers and the local one does not; the text names the gap. */
export function unsupported(what: string): ArmError {
  return badRequest(`${what} is not supported by the local Data Factory.`);
}

/** One line that says what is wrong with a document. It names properties and never repeats their values. */
export function describeZodError(error: ZodError): string {
  return error.issues
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ');
}
