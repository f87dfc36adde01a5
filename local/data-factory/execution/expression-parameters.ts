import { typeName, type Json } from '../json.ts';
import { ExpressionError } from './expression-error.ts';

/** What functions get from outside; injected so that they can be repeated. */
export interface Ambient {
  /** Now, as `2026-01-01T00:00:00.0000000Z`. */
  utcNow(): string;
  newGuid(): string;
}

/** The parameters of one call, read with a check of their type. */
export class Parameters {
  readonly #name: string;
  readonly values: readonly Json[];

  constructor(name: string, values: readonly Json[]) {
    this.#name = name;
    this.values = values;
  }

  any(index: number): Json {
    const value = this.values[index];
    if (value === undefined) throw this.#error(index, 'a value', 'Missing');
    return value;
  }

  text(index: number): string {
    const value = this.any(index);
    if (typeof value !== 'string') throw this.#error(index, 'a string', typeName(value));
    return value;
  }

  optionalText(index: number): string | undefined {
    return this.values[index] === undefined ? undefined : this.text(index);
  }

  number(index: number): number {
    const value = this.any(index);
    if (typeof value !== 'number') throw this.#error(index, 'a number', typeName(value));
    return value;
  }

  list(index: number): readonly Json[] {
    const value = this.any(index);
    if (!Array.isArray(value)) throw this.#error(index, 'an array', typeName(value));
    return value as readonly Json[];
  }

  /** A string or an array; both have a length and a slice. */
  sequence(index: number): string | readonly Json[] {
    const value = this.any(index);
    return typeof value === 'string' ? value : this.list(index);
  }

  /** Numbers given one by one or as one array. */
  numbers(): readonly number[] {
    const values = Array.isArray(this.values[0]) ? this.list(0) : this.values;
    return values.map((_, index) => new Parameters(this.#name, values).number(index));
  }

  fail(reason: string): ExpressionError {
    return new ExpressionError(`The template language function '${this.#name}' failed: ${reason}.`);
  }

  #error(index: number, expected: string, actual: string): ExpressionError {
    return new ExpressionError(
      `The template language function '${this.#name}' expects its parameter ${index + 1} to be ${expected}. The provided value is of type '${actual}'.`,
    );
  }
}

/** A function of the expression language. */
export type Implementation = (parameters: Parameters, ambient: Ambient) => Json;
