/** A figure that the service is held to. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The value must not be above it. */
  readonly bound: number;
}

/** Whether the service keeps to it. */
export function holds({ value, bound }: Figure): boolean {
  return value <= bound;
}

/** The value that a part of the values does not exceed: `0.99` of a hundred is the second largest. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
}

/** As many decimals as say something. */
export function rounded(value: number, decimals = 0): number {
  return Number(value.toFixed(decimals));
}
